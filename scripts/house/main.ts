import { houseMeasures, measureTable } from './measures.ts';

/* npm run house: the measures of the source, with what makes each that is over its limit. */
const measures = houseMeasures();
process.stdout.write(measureTable(measures));
for (const { name, value, limit, evidence } of measures.filter(({ value: now, limit: most }) => now > most)) {
  process.stdout.write(`\n${name}: ${value}, at most ${limit}\n${evidence.map((line) => `  ${line}\n`).join('')}`);
  process.exitCode = 1;
}
