import type { Diagnosis, Rule } from './diagnosis.js';
import { problem, warning } from './diagnosis.js';
import { headersOf } from './evidence.js';
import type { Facts } from './facts.js';
import { productOf } from './fixes.js';
import { deadAddress, reachRules } from './reach-rules.js';
import { answerRules } from './response-rules.js';
import { closeIgnored, sessionRules, slow, tcpLeftOpen } from './session-rules.js';
import { statusRules } from './status-rules.js';
import { expiresSoon, noNames, tlsRules } from './tls-rules.js';
import { bodyHeaders, subprotocolUnanswered, upgradeRules } from './upgrade-rules.js';

/** The layers, in the order of a connection. In each, the first rule that fits names the cause. */
const LAYERS: ReadonlyArray<readonly Rule[]> = [
  reachRules,
  tlsRules,
  [...upgradeRules, ...statusRules, ...answerRules],
  sessionRules,
  [subprotocolUnanswered],
  [closeIgnored],
];

/** What may be said besides the cause. */
const REMARKS: readonly Rule[] = [deadAddress, expiresSoon, noNames, clockSkew, bodyHeaders, tcpLeftOpen, slow];

/**
 * Returns the causes that the facts show, the likeliest first, and then warnings. The list is empty if nothing is wrong.
 * If a connection failed and no rule explains it, the list has a diagnosis with the id `unknown`.
 */
export function diagnose(facts: Facts): readonly Diagnosis[] {
  const found = [...LAYERS.map(rules => firstOf(rules, facts)), ...REMARKS.map(rule => rule(facts))];
  const diagnoses = found.filter(
    (one, i) => one !== undefined && found.findIndex(other => other?.id === one.id) === i,
  ) as readonly Diagnosis[];
  const problems = diagnoses.filter(({ severity }) => severity === 'problem');
  if (problems.length === 0 && facts.failure !== undefined) {
    const { summary } = facts.failure;
    problems.push(
      problem('unknown', summary, 'Look at the log of the server, and at the bytes with `ws101 connect --trace`.'),
    );
  }
  const { response } = facts;
  const product = productOf(headersOf(response).get('Server'), response?.body ?? '');
  return [...problems, ...diagnoses.filter(({ severity }) => severity === 'warning')].map(diagnosis =>
    product !== undefined && diagnosis.fixes?.[product] !== undefined ? { ...diagnosis, product } : diagnosis,
  );
}

function firstOf(rules: readonly Rule[], facts: Facts): Diagnosis | undefined {
  for (const rule of rules) {
    const diagnosis = rule(facts);
    if (diagnosis !== undefined) return diagnosis;
  }
  return undefined;
}

const MINUTES = 60_000;

/** Certificates, tokens and caches depend on the clock. */
function clockSkew({ response, now }: Facts): Diagnosis | undefined {
  const date = Date.parse(headersOf(response).get('Date') ?? '');
  if (now === undefined || Number.isNaN(date)) return undefined;
  const skew = now - date;
  if (Math.abs(skew) < 5 * MINUTES) return undefined;
  const minutes = Math.abs(skew) / MINUTES;
  const size =
    minutes < 120
      ? `${Math.round(minutes)} minutes`
      : minutes < 2_880
        ? `${Math.round(minutes / 60)} hours`
        : `${Math.round(minutes / 1_440)} days`;
  return warning(
    'clock-skew',
    `the clocks of server and client differ by ${size}: the server's is ${skew > 0 ? 'behind' : 'ahead'}`,
    'Set both by NTP: tokens and certificates may count as expired or not yet valid.',
  );
}
