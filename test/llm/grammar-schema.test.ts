import { expect, test } from '@jest/globals';
import { reviewJsonSchema } from '../../src/domain/review-schema.ts';
import { withoutBounds } from '../../src/llm/grammar-schema.ts';

test('bounds go, at any depth; names of properties stay', () => {
  const schema = {
    type: 'object', required: ['maximum'],
    properties: {
      maximum: { type: 'number', minimum: 0, maximum: 1, description: 'kept' },
      list: { type: 'array', maxItems: 9, items: { anyOf: [{ type: 'string', minLength: 1, maxLength: 4_000 }, { type: 'null' }] } },
    },
  };
  expect(withoutBounds(schema)).toEqual({
    type: 'object', required: ['maximum'],
    properties: {
      maximum: { type: 'number', description: 'kept' },
      list: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
    },
  });
  expect(schema.properties.list.maxItems).toBe(9);
});

test('nothing is left of the review\'s schema that a grammar would have to count', () => {
  expect(JSON.stringify(withoutBounds(reviewJsonSchema()))).not.toMatch(/"(min|max)(Length|Items|imum)":/);
});
