/** Reads on in the list before it. Who is at it stays there while it is busy. */

interface MoreButtonProps {
  readonly words: string;
  readonly className: string;
  readonly isBusy: boolean;
  readonly more: () => void;
}

export function MoreButton({ words, className, isBusy, more }: MoreButtonProps) {
  return (
    <button type="button" className={className} aria-disabled={isBusy} onClick={() => (isBusy ? undefined : more())}>
      {words}
    </button>
  );
}
