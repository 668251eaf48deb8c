/** The script of the demo's models: what the agent is made to say and do, and what the reviewer answers. */
import { join } from 'node:path';
import type { Scenario, Step } from './scripted-messages.ts';
import type { OllamaScript } from './scripted-ollama.ts';
import { TINYSLUG_FIXES } from './tinyslug-fixes.ts';

/** Read, then write: the CLI refuses to change a file it has not read in this session. */
const change = (file: string, content: string): Step[] => [
  { text: 'Reading the file first.', tool: 'Read', input: { file_path: file } },
  { tool: 'Write', input: { file_path: file, content } },
];

const test = (task: string): Step => ({ tool: 'Bash', input: { command: `npm run test:${task}`, description: `Run the tests of ${task}` } });

/** Scripts by the name of the task; the first one's first turn claims more than it did. */
export function demoScenario(workspace: string): Scenario {
  const file = join(workspace, 'src/slug.js');
  const { ascii, unicode, unique } = TINYSLUG_FIXES;
  return {
    prompts: [
      {
        match: 'ASCII titles',
        steps: [
          ...change(file, ascii.wrong),
          { text: 'Blanks become one dash now, so all ASCII titles work. Done.' },
          ...change(file, ascii.right),
          test('ascii'),
          { text: 'Runs of other characters become one dash, none at the ends; the tests pass.' },
        ],
      },
      { match: 'Titles in other languages', steps: [...change(file, unicode.right), test('unicode'), { text: 'Accents are taken off and the four letters are written out.' }] },
      { match: 'Unique, short slugs', steps: [...change(file, unique.right), test('unique'), { text: 'uniqueSlug cuts between words and numbers what is taken.' }] },
    ],
  };
}

export const DEMO_MODEL = 'scripted-reviewer';

export const DEMO_REVIEWS: OllamaScript = {
  models: [DEMO_MODEL],
  otherwise: {
    review: {
      requirementsMet: [{ requirement: 'the acceptance criteria of the task', met: true }],
      issues: [{ severity: 'info', text: 'the function could name its steps' }],
      alternatives: [],
      quality: 0.9,
      confidence: 0.85,
    },
  },
};
