// SPDX-License-Identifier: Apache-2.0
import type { ReadonlySignal } from "@preact/signals";

const PATHS = {
  plus: "M12 5v14M5 12h14",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  pencil: "M4 20h4L19 9l-4-4L4 16zM13.5 6.5l4 4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7.5 7.5h9v9h-9z",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M5 12.5l4.5 4.5L19 7.5",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  select: "M5 5h14v14H5zM8.5 12l2.5 2.5 4.5-5",
  below: "M12 5v14M6 13l6 6 6-6",
  again: "M20 11a8 8 0 1 0-2.3 6.2M20 5v6h-6",
  up: "M7 11v9H4v-9zM7 11l4-7c1.5 0 2.3 1 2 2.5L12.5 9H19a1.5 1.5 0 0 1 1.5 1.8l-1.4 7.5A2 2 0 0 1 17.2 20H7",
  down: "M7 13V4H4v9zM7 13l4 7c1.5 0 2.3-1 2-2.5L12.5 15H19a1.5 1.5 0 0 0 1.5-1.8l-1.4-7.5A2 2 0 0 0 17.2 4H7",
  flag: "M6 21V4M6 5h12l-2.5 4L18 13H6",
  left: "M14 6l-6 6 6 6",
  right: "M10 6l6 6-6 6",
  sliders: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  columns: "M4 5h16v14H4zM12 5v14",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  warning: "M12 4l9 16H3zM12 10v4M12 17h.01",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

interface ButtonProps {
  icon: IconName;
  label: string;
  onClick: (event: MouseEvent) => void;
  pressed?: boolean;
  /** It stays in place and keeps the focus, but does nothing now. A signal redraws the button alone. */
  idle?: boolean | ReadonlySignal<boolean>;
  class?: string;
  expanded?: boolean;
}

/** A button that shows an icon and is named by words. */
export function IconButton(props: ButtonProps) {
  const idle = typeof props.idle === "object" ? props.idle.value : props.idle;
  return (
    <button
      type="button"
      class={`icon-button ${props.class ?? ""}`}
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-disabled={idle || undefined}
      onClick={(event) => {
        if (!idle) {
          props.onClick(event);
        }
      }}
    >
      <Icon name={props.icon} />
    </button>
  );
}
