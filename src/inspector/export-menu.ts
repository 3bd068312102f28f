import type { Conversation } from '../wire/conversation.js';
import { h } from './dom.js';
import { type ExportedFile, exported, FORMATS } from './exports.js';

/** What a menu saves. */
export interface ExportSource {
  /** The chosen connection, or all. */
  conversations(which: 'chosen' | 'all'): readonly Conversation[];
}

/** The menu that saves the chosen connection, or all, as a file. */
export function exportMenu(source: ExportSource): HTMLElement {
  const item = (which: 'chosen' | 'all', index: number): HTMLElement => {
    const format = FORMATS[index]!;
    const save = (): void => {
      download(exported(format, source.conversations(which)));
      menu.open = false;
      summary.focus();
    };
    return h('button', { type: 'button', onclick: save }, format.label);
  };
  const items = (which: 'chosen' | 'all'): HTMLElement[] => FORMATS.map((_, index) => item(which, index));
  const summary = h('summary', {}, 'Export');
  const menu: HTMLDetailsElement = h(
    'details',
    {
      className: 'menu',
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== 'Escape' || !menu.open) return;
        event.stopPropagation();
        menu.open = false;
        summary.focus();
      },
    },
    summary,
    h('div', {}, h('h3', {}, 'This connection'), ...items('chosen'), h('h3', {}, 'All connections'), ...items('all')),
  );
  return menu;
}

function download({ name, type, content }: ExportedFile): void {
  const url = URL.createObjectURL(new Blob([content as BlobPart], { type }));
  h('a', { href: url, download: name }).click();
  // The browser has read the URL when the click returns, but not the file.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
