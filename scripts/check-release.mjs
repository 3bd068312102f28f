/**
 * `node scripts/check-release.mjs v0.1.0` checks that a tag may be published: package.json and package-lock.json have
 * its version, and the first section of CHANGELOG.md is for it and has a date.
 */
import { readFileSync } from 'node:fs';

const read = path => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const [tag = ''] = process.argv.slice(2);
const { version, repository } = JSON.parse(read('package.json'));
const lock = JSON.parse(read('package-lock.json'));
const [, heading = 'no section'] = /^## (.+)$/m.exec(read('CHANGELOG.md')) ?? [];

const faults = [];
if (tag !== `v${version}`) faults.push(`the tag must be v${version}, as in package.json, got ${JSON.stringify(tag)}`);
if (lock.version !== version) faults.push(`package-lock.json has version ${lock.version}: run npm install`);
if (!heading.startsWith(`${version} (`) || !/ \(\d{4}-\d\d-\d\d\)$/.test(heading))
  faults.push(`CHANGELOG.md must begin with "## ${version} (YYYY-MM-DD)", got "## ${heading}"`);
if (repository === undefined) faults.push('package.json has no "repository": npm refuses provenance without it');

for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else console.log(`${tag} can be published`);
