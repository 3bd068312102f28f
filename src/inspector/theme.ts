import { h } from './dom.js';

const THEMES = ['auto', 'light', 'dark'] as const;
const LABELS = { auto: 'Theme: auto', light: 'Theme: light', dark: 'Theme: dark' } as const;
const KEY = 'ws101-theme';

type Theme = (typeof THEMES)[number];

/** A button that changes between the theme of the system, light and dark, and remembers the choice. */
export function themeButton(): HTMLButtonElement {
  let theme: Theme = THEMES.find(name => name === stored()) ?? 'auto';
  const button = h('button', { type: 'button', className: 'quiet-button' });
  const apply = (): void => {
    document.documentElement.dataset.theme = theme;
    button.textContent = LABELS[theme];
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Storage may be forbidden. The choice then lasts as long as the page.
    }
    apply();
  });
  apply();
  return button;
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
