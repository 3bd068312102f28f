import type { Diagnosis } from '../wire/diagnosis/index.js';
import { h } from './dom.js';

/** What went wrong, in words: what happened, the likely causes, and what to do. */
export function diagnosisList(problem: string, diagnoses: readonly Diagnosis[]): HTMLElement[] {
  return [h('div', { className: 'callout bad' }, h('strong', {}, problem), ...diagnoses.map(diagnosisOf))];
}

function diagnosisOf({ cause, advice, section, fixes = {} }: Diagnosis): HTMLElement {
  const proxies = Object.entries(fixes);
  return h(
    'div',
    { className: 'diagnosis' },
    h('p', {}, `Likely cause: ${cause}`, section !== undefined && h('span', { className: 'quiet' }, ` (${section})`)),
    h('p', {}, advice),
    proxies.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, `The lines for ${proxies.map(([name]) => name).join(', ')}`),
        h(
          'dl',
          { className: 'fixes' },
          ...proxies.flatMap(([name, fix]) => [h('dt', {}, name), h('dd', {}, h('code', {}, fix))]),
        ),
      ),
  );
}
