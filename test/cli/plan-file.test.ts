/** Commands around the plan's file that need no server: init, validate, schema. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, test } from '@jest/globals';
import { documentNames } from '../../src/domain/documents/index.ts';
import { documentOf, errorOf } from '../support/documents.ts';
import { scratch } from '../support/scratch.ts';

const { cli, dir, write, remove } = scratch();
afterAll(remove);

const read = (name: string): string => readFileSync(join(dir, name), 'utf8');

const HEAD = 'project: p\nworkspace: {host: local, path: code}\n';
const MILESTONE = 'milestones: [{id: m, tasks: [{id: t, instructions: x, acceptance: [y]}]}]\n';

describe('init', () => {
  test('writes a plan that is valid as it stands, and the schema its first line names', async () => {
    expect(await cli('init', 'new/holdpoint.yaml')).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no folder') });
    mkdirSync(join(dir, 'Tiny Slug'));
    const result = await cli('init', 'Tiny Slug/holdpoint.yaml');
    expect(result).toEqual({
      code: 0, stderr: '',
      stdout: 'wrote Tiny Slug/holdpoint.yaml and .holdpoint.schema.json\nnext: edit it, then `holdpoint validate Tiny Slug/holdpoint.yaml` and `holdpoint start Tiny Slug/holdpoint.yaml`\n',
    });
    expect(read('Tiny Slug/holdpoint.yaml')).toMatch(/^# yaml-language-server: \$schema=\.\/\.holdpoint\.schema\.json\n[^]*\nproject: tiny-slug /);
    expect(new Ajv({ strict: false }).validateSchema(JSON.parse(read('Tiny Slug/.holdpoint.schema.json')) as object)).toBe(true);
    expect(await cli('validate', 'Tiny Slug/holdpoint.yaml')).toMatchObject({ code: 0, stdout: expect.stringContaining('is a valid plan of project tiny-slug\n') });
  });

  test('overwrites nothing unless told to', async () => {
    write('mine.yaml', 'mine\n');
    const refused = await cli('init', 'mine.yaml', '--json');
    expect(refused).toMatchObject({ code: 2, stderr: '' });
    expect(errorOf(refused)).toEqual({ kind: 'bad_input', message: 'mine.yaml exists', hint: 'name another file, or overwrite it with --force', where: { file: 'mine.yaml' } });
    expect(read('mine.yaml')).toBe('mine\n');
    expect(JSON.parse((await cli('init', 'mine.yaml', '--force', '--json')).stdout)).toEqual({ plan: join(dir, 'mine.yaml'), schema: join(dir, '.holdpoint.schema.json') });
    expect(read('mine.yaml')).toContain('milestones:');
  });

  test('knows its templates', async () => {
    expect(await cli('init', 'small.yaml', '--template', 'minimal')).toMatchObject({ code: 0 });
    expect(read('small.yaml').split('\n').length).toBeLessThan(20);
    const unknown = await cli('init', 'other.yaml', '--template', 'large');
    expect(unknown).toEqual({ code: 2, stdout: '', stderr: 'error: there is no template large\n  templates: default, minimal\n' });
    expect(existsSync(join(dir, 'other.yaml'))).toBe(false);
  });
});

describe('validate', () => {
  test('a good plan', async () => {
    write('good.yaml', HEAD + MILESTONE);
    const result = await cli('validate', 'good.yaml', '--json');
    expect(result.code).toBe(0);
    expect(documentOf('validate', result)).toMatchObject({ ok: true, errors: [] });
  });

  test('tells every mistake at once, each with its place and a way out', async () => {
    write('bad.yaml', [
      'project: P!', 'workspce: {host: local, path: code}', 'agent: {attempts: 1e9, modle: x}', 'checks: [{name: test, run: npm test, timeout: soon}]',
      'milestones:', '  - {id: a, dependsOn: [b], tasks: [{id: t, instructions: x}, {id: t, instructions: y}]}',
      '  - {id: b, dependsOn: [a], tasks: [{id: u, instructions: x, dependsOn: [nobody]}]}', '  - {id: c, tasks: []}', '',
    ].join('\n'));
    const result = await cli('validate', 'bad.yaml', '--json');
    expect(result).toMatchObject({ code: 2, stderr: '' });
    const { ok, errors } = documentOf('validate', result);
    expect(ok).toBe(false);
    expect(errors).toEqual(expect.arrayContaining([
      expect.objectContaining({ path: 'project', line: 1, column: 10 }),
      expect.objectContaining({ path: 'workspce', line: 2, column: 1, suggestion: expect.stringContaining('workspace') }),
      expect.objectContaining({ path: 'agent.attempts', line: 3, column: 19 }),
      expect.objectContaining({ path: 'agent.modle', suggestion: expect.stringContaining('model') }),
      expect.objectContaining({ path: 'checks[0].timeout', line: 4 }),
      expect.objectContaining({ path: 'milestones[2].tasks', line: 8 }),
    ]));
    const human = await cli('validate', 'bad.yaml');
    expect(human).toMatchObject({ code: 2, stderr: '' });
    expect(human.stdout).toMatch(/^error: bad\.yaml:2:1 workspce: unknown key "workspce" \(did you mean "workspace"\?\)$/m);
    expect(human.stdout).toMatch(new RegExp(`\n${errors.length} mistakes\n$`));
  });

  test.each([
    ['a cycle', '[{id: a, tasks: [{id: t, instructions: x, dependsOn: [u]}, {id: u, instructions: x, dependsOn: [t]}]}]', /t.*u|u.*t/],
    ['an unknown dependency', '[{id: a, tasks: [{id: ascii, instructions: x}, {id: u, instructions: x, dependsOn: [asci]}]}]', /asci/],
    ['a duplicate id', '[{id: a, tasks: [{id: t, instructions: x}, {id: t, instructions: x}]}]', /t/],
    ['an empty milestone', '[{id: a, tasks: []}]', /task/],
  ])('%s is refused', async (_, milestones, words) => {
    write('graph.yaml', `${HEAD}milestones: ${milestones}\n`);
    const result = await cli('validate', 'graph.yaml', '--json');
    expect(result.code).toBe(2);
    const { errors } = documentOf('validate', result);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ line: 3, path: expect.stringMatching(/^milestones/), message: expect.stringMatching(words) });
  });

  test('a YAML bomb, a file over 1 MB and something that is no YAML are refused at once', async () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefghi'.split('').map((name, n) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[n]}`).join()}]`)].join('\n');
    const files = { 'bomb.yaml': bomb, 'large.yaml': `${HEAD}${MILESTONE}#${'x'.repeat(1024 * 1024)}\n`, 'nul.yaml': Buffer.from([0, 255, 254, 10]) };
    for (const [name, content] of Object.entries(files)) {
      const result = await cli('validate', write(name, content), '--json');
      expect({ name, code: result.code }).toEqual({ name, code: 2 });
      expect(documentOf('validate', result)).toMatchObject({ ok: false, errors: [{ line: expect.any(Number), message: expect.any(String) }, ...documentOf('validate', result).errors.slice(1)] });
    }
  });

  test.each([['nobody.yaml', 'there is no such file'], ['.', 'it is a folder']])('%s cannot be read', async (file, why) => {
    const result = await cli('validate', file);
    expect(result).toEqual({ code: 2, stdout: '', stderr: `error: ${file}: The plan ${file} cannot be read: ${why}.\n  write one with \`holdpoint init\`, or name another file\n` });
  });
});

describe('schema', () => {
  test('lists its names, and each is a JSON Schema', async () => {
    const names = (await cli('schema')).stdout.trimEnd().split('\n');
    expect(names).toEqual([...documentNames]);
    expect(JSON.parse((await cli('schema', '--json')).stdout)).toEqual({ names });
    const printed = await Promise.all(names.map((name) => cli('schema', name)));
    for (const { code, stdout } of printed) {
      expect(code).toBe(0);
      expect(new Ajv({ strict: false }).validateSchema(JSON.parse(stdout) as object)).toBe(true);
    }
  });

  test('an unknown name is not found', async () => {
    expect(await cli('schema', 'plann')).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/^error: there is no schema plann\n {2}schemas: plan, /) });
  });
});
