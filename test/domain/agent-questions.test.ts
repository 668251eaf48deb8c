import { describe, expect, test } from '@jest/globals';
import { questionLines, readAnswers, readQuestions } from '../../src/domain/agent-questions.ts';

const colour = { question: 'Which colour?', header: 'Colour', options: [{ label: 'Red', description: 'warm' }, { label: 'Blue', description: 'cold' }] };
const size = { question: 'Which size?', header: '', options: [] };

describe('a note as the answer', () => {
  test.each([
    ['an option', [colour], 'Red', ['Red']],
    ['an option in another case', [colour], 'red', ['Red']],
    ['any text', [colour], 'Green; if there is some', ['Green; if there is some']],
    ['with its number', [colour], '1: blue', ['Blue']],
    ['a number that is an answer', [size], '42', ['42']],
    ['two, numbered', [colour, size], '1: red; 2: very large', ['Red', 'very large']],
    ['two, a line each', [colour, size], '1. Red\n2) S; or M', ['Red', 'S; or M']],
    ['two in another order', [colour, size], '2: S; 1: Blue', ['Blue', 'S']],
    ['a JSON list', [colour, size], '["red", "S"]', ['Red', 'S']],
    ['several options of one', [colour, size], '[["Red", "Blue"], "S"]', ['Red, Blue', 'S']],
    ['JSON by number and question', [colour, size], '{"1": "Blue", "Which size?": 7}', ['Blue', '7']],
    ['JSON by header', [colour], '{"Colour": "blue"}', ['Blue']],
    ['broken JSON is text', [colour], '{"Colour', ['{"Colour']],
  ])('%s', (_, questions, note, answers) => {
    expect(readAnswers(questions, note)).toEqual({ answers });
  });

  test.each([
    ['two questions, one answer', [colour, size], 'Red', /each of the 2 questions: 1: …; 2: ….*Which colour.*Which size/],
    ['one of two', [colour, size], '2: S', /Not answered: "Which colour\?"$/],
    ['a number too many', [colour, size], '1: Red; 3: S', /Not answered: "Which size\?"$/],
    ['nothing', [colour], '  ', /the note is the answer/],
    ['an empty JSON list', [colour, size], '[]', /Not answered/],
  ])('is refused with a way out: %s', (_, questions, note, problem) => {
    expect(readAnswers(questions, note)).toEqual({ problem: expect.stringMatching(problem) });
  });
});

test('questions are read from whatever the agent sends, and bounded', () => {
  expect(readQuestions({ questions: [{ ...colour, multiSelect: true }, { question: 7 }, null, 'x'] })).toEqual([colour]);
  expect([null, {}, [], { questions: {} }, { questions: [] }, { questions: [{ question: '' }] }].map(readQuestions)).toEqual(Array(6).fill(undefined));
  const many = readQuestions({ questions: Array.from({ length: 50 }, () => ({ question: 'q'.repeat(9_000), options: Array.from({ length: 50 }, () => ({ label: 'l'.repeat(9_000) })) })) });
  expect(JSON.stringify(many).length).toBeLessThan(60_000);
  expect(questionLines([colour, size])).toEqual(['1. [Colour] Which colour?', '   - Red: warm', '   - Blue: cold', '2. Which size?']);
});
