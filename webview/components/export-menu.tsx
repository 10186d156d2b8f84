/** What can be taken out of the panel, and a saved run brought in. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export interface MenuItem {
  readonly label: string;
  readonly kind: string;
  readonly disabled?: boolean;
  readonly run: () => void;
}

/** A menu button as in the ARIA Authoring Practices: arrows move, Escape closes, focus returns to the button. */
export function Menu({
  label,
  groups,
}: {
  readonly label: string;
  readonly groups: readonly (readonly MenuItem[])[];
}): JSX.Element {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const items = (): HTMLButtonElement[] => [
    ...(root.current?.querySelectorAll<HTMLButtonElement>('[role=menuitem]:not(:disabled)') ?? []),
  ];
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  useEffect(() => {
    if (!open) return;
    items()[0]?.focus();
    const outside = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  const move = (event: KeyboardEvent): void => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === 'Escape') close();
    else if (event.key === 'Tab') setOpen(false);
    else if (to === undefined) return;
    else all.at(to % all.length)?.focus();
    if (event.key !== 'Tab') event.preventDefault();
  };
  return (
    <div class="menu" ref={root}>
      <button type="button" ref={button} aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
          <path d="M8 1l3.5 3.5-1 1L8.75 3.7V10h-1.5V3.7L5.5 5.5l-1-1zM2 9h1.5v4.5h9V9H14v6H2z" />
        </svg>
        <span>{label}</span>
      </button>
      {open && (
        <div role="menu" aria-label={label} tabIndex={-1} onKeyDown={move}>
          {groups.map((group, i) => (
            // Groups have no names and never change their places.
            <div class="group" role="none" key={String(i)}>
              {group.map((item) => (
                <button
                  type="button"
                  role="menuitem"
                  key={`${item.label} ${item.kind}`}
                  tabIndex={-1}
                  disabled={item.disabled ?? false}
                  onClick={() => {
                    close();
                    item.run();
                  }}
                >
                  <span>{item.label}</span>
                  <span class="meta">{item.kind}</span>
                </button>
              ))}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
