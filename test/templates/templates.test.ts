import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { labTemplates, languagesOf, templateSteps, templateVariants } from '../../src/lab/templates/template.ts';
import { cannotBe, finish, ordinaryUser, type LabUser } from '../helpers/lab-command.ts';
import type { Played, ToPlay } from '../helpers/templates/played.ts';

/*
 * Every template of "lab init", played as an ordinary user would: the right programs pass, and each bug is found at the step and
 * for the reason that its template says. Programs in Python and C; with LAB_TEST_LONG=1 those in Java and TypeScript, and
 * the bugs of all languages.
 */

const isLong = process.env['LAB_TEST_LONG'] === '1';
/** Those of machines that exist elsewhere have steps to be done there first. */
const onThisHost = labTemplates.filter((name) => templateSteps(name).length === 0);
const toPlay: readonly ToPlay[] = onThisHost.flatMap((template) =>
  languagesOf(template)
    .filter((language) => isLong || language === 'python' || language === 'c')
    .map((language) => ({ template, language, variants: isLong || language === 'python' })),
);

describe('the templates of lab init', { skip: cannotBe('ordinary') }, () => {
  let user: LabUser;
  let played: readonly Played[] = [];
  let said = '';

  before(async () => {
    user = ordinaryUser();
    const checkout = join(dirname(user.executable), '..');
    const { stdout, stderr } = await finish(
      user.command([
        join(checkout, 'node_modules/.bin/node'),
        join(checkout, 'test/helpers/templates/play-templates.ts'),
        JSON.stringify(toPlay),
      ]),
    );
    said = stderr;
    played = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Played);
  });
  after(() => user[Symbol.asyncDispose]());

  for (const { template, language } of toPlay)
    test(`${template}: the programs in ${language} pass every scenario`, () => {
      const plays = played.filter(
        (each) => each.template === template && each.language === language && each.variant === undefined,
      );
      assert.ok(plays.length > 0, said);
      for (const { passed, scenario, explanation } of plays) assert.ok(passed, `${scenario}\n${explanation}`);
    });

  for (const { template, language } of toPlay.filter(({ variants }) => variants))
    for (const { name, bug, step, says } of templateVariants(template).filter((each) => each.language === language))
      test(`${template}: ${name} is found (${bug.en})`, () => {
        const play = played.find((each) => each.template === template && each.variant === name);
        assert.ok(play, said);
        assert.equal(play.failedStep, step, play.explanation);
        assert.ok(play.explanation?.includes(says), play.explanation);
      });

  for (const template of onThisHost)
    test(`${template} has at least three programs with bugs in the language that comes first`, () => {
      const variants = templateVariants(template).filter(({ language }) => language === languagesOf(template)[0]);
      assert.ok(variants.length >= 3);
    });
});
