/** Small drawings. They say nothing that the words beside them, or the label of their button, do not say. */
import type { ReactNode } from 'react';

function Icon({ children, size = 20 }: { readonly children: ReactNode; readonly size?: number }) {
  return (
    <svg
      className="icon-drawing"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const Mark = () => (
  <svg className="mark" width="32" height="32" viewBox="0 0 32 32" aria-hidden="true">
    <rect className="mark-ground" width="32" height="32" rx="9" />
    <path
      className="mark-front"
      d="M8 10.5A2.5 2.5 0 0 1 10.5 8h8a2.5 2.5 0 0 1 2.500 2.500v4a2.500 2.500 0 0 1-2.500 2.500H13l-3.400 2.700c-.650.520-1.600.060-1.600-.780z"
    />
    <path
      className="mark-back"
      d="M23 14.500a2 2 0 0 1 2 2v7.300c0 .800-.950 1.300-1.600.780L20.500 22h-5a2 2 0 0 1-2-1.600l.600-.400h5.400a4.500 4.500 0 0 0 3.500-4.400z"
    />
  </svg>
);

export const Cross = () => (
  <Icon>
    <path d="M5 5l10 10M15 5L5 15" />
  </Icon>
);
export const Plus = () => (
  <Icon>
    <path d="M10 4v12M4 10h12" />
  </Icon>
);
export const Back = () => (
  <Icon>
    <path d="M12 4l-6 6 6 6" />
  </Icon>
);
export const Down = () => (
  <Icon>
    <path d="M10 4v12M5 11l5 5 5-5" />
  </Icon>
);
export const People = () => (
  <Icon>
    <circle cx="8" cy="7" r="3" />
    <path d="M2.500 16.500c.400-3 2.600-4.500 5.500-4.500s5.100 1.500 5.500 4.500M13 4.300a3 3 0 0 1 0 5.400M15 12.500c1.500.600 2.400 2 2.600 4" />
  </Icon>
);
export const Send = () => (
  <Icon>
    <path d="M3.500 10h8M3.500 10L2.500 3.800 17.500 10 2.500 16.200z" />
  </Icon>
);
export const Pause = () => (
  <Icon size={16}>
    <path d="M7 4v12M13 4v12" />
  </Icon>
);
export const Play = () => (
  <Icon size={16}>
    <path d="M6 4l10 6-10 6z" />
  </Icon>
);
export const Again = () => (
  <Icon size={16}>
    <path d="M16 10a6 6 0 1 1-1.800-4.300M16 3v3.500h-3.500" />
  </Icon>
);
export const Code = () => (
  <Icon size={16}>
    <path d="M7 5l-5 5 5 5M13 5l5 5-5 5" />
  </Icon>
);
export const Door = () => (
  <Icon size={16}>
    <path d="M8 3H4v14h4M8 10h9M13.500 6.500L17 10l-3.500 3.500" />
  </Icon>
);
export const Clock = () => (
  <Icon size={14}>
    <circle cx="10" cy="10" r="7.200" />
    <path d="M10 6v4.200l2.600 1.600" />
  </Icon>
);
export const Tick = () => (
  <Icon size={14}>
    <path d="M4 10.500l4 4 8-9" />
  </Icon>
);
export const Ticks = () => (
  <Icon size={14}>
    <path d="M1 10.500l4 4 8-9M9.500 14l.600.500 8-9" />
  </Icon>
);
export const Glass = () => (
  <Icon>
    <circle cx="8.500" cy="8.500" r="5" />
    <path d="M12.300 12.300L17 17" />
  </Icon>
);
export const Settings = () => (
  <Icon>
    <path d="M3 6h8M15 6h2M3 14h2M9 14h8" />
    <circle cx="13" cy="6" r="2" />
    <circle cx="7" cy="14" r="2" />
  </Icon>
);
export const More = () => (
  <Icon>
    <path d="M4 10h.01M10 10h.01M16 10h.01" strokeWidth="3" />
  </Icon>
);
export const Muted = () => (
  <Icon size={14}>
    <path d="M4 8v4h3l4 3V5L7 8zM14 8l4 4M18 8l-4 4" />
  </Icon>
);
export const Pen = () => (
  <Icon size={14}>
    <path d="M4 16l1-4 8-8 3 3-8 8z" />
  </Icon>
);
export const Bubble = () => (
  <Icon size={18}>
    <path d="M4 4h12a1.500 1.500 0 0 1 1.500 1.500v7a1.500 1.500 0 0 1-1.500 1.500H9l-4 3v-3H4a1.500 1.500 0 0 1-1.500-1.500v-7A1.500 1.500 0 0 1 4 4z" />
  </Icon>
);
export const Answer = () => (
  <Icon size={16}>
    <path d="M8 4L3 9l5 5M3 9h8c3.500 0 6 2.500 6 7" />
  </Icon>
);
export const Bin = () => (
  <Icon size={16}>
    <path d="M3.500 5.500h13M8 5V3h4v2M5.500 5.500l.700 11h7.600l.700-11M8.500 9v4.500M11.500 9v4.500" />
  </Icon>
);
