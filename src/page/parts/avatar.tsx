/** Somebody's initials on a colour that is always theirs, and whether they are about. */

const COLOURS = 8;

export interface AvatarProps {
  readonly name: string;
  /** Left out where nothing is known of it. */
  readonly isOnline?: boolean;
  readonly size?: 'small' | 'medium';
}

export function Avatar({ name, isOnline, size = 'medium' }: AvatarProps) {
  return (
    <span className={`avatar avatar-${size} colour-${colourOf(name)}`} aria-hidden="true">
      {initialsOf(name)}
      {isOnline === undefined ? undefined : <span className={isOnline ? 'dot dot-on' : 'dot dot-off'} />}
    </span>
  );
}

function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => word !== '');
  const letters = words.slice(0, 2).map((word) => Array.from(word)[0] ?? '');
  return letters.join('').toUpperCase();
}

function colourOf(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % COLOURS;
}
