/** What a key that is pressed means. */
import type { KeyboardEvent } from 'react';

/** Letters are still being put together, and Enter ends that first: Safari says so by this code alone. */
export const isComposing = ({ nativeEvent }: KeyboardEvent): boolean =>
  nativeEvent.isComposing || nativeEvent.keyCode === 229;
