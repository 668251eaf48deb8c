/** Counting by language: the table is what each language's tests look like. */
import { describe, expect, test } from '@jest/globals';
import { countTests } from '../../../src/domain/weakening/count-tests.ts';
import { isTestFile } from '../../../src/domain/weakening/languages.ts';

type Counted = [tests: string[], assertions: number, skips: number, focuses: number];

const CASES: [path: string, text: string, counted: Counted][] = [
  ['a.test.ts', `
import { test } from 'node:test';
describe('slugs', () => {
  it('lower case', () => { expect(slug('A')).toBe('a'); });
  // it('gone', () => {});
  /* test('gone too', () => { expect(1) }); */
  test.each([['ü', 'ue']])('umlauts %s', (a, b) => { expect(slug(a)).toBe(b); assert.equal(1, 1); });
  it.skip('later', async () => {});
  xit("never", () => {});
  test.only(\`one\`, () => {});
  test('says it(\\'no\\')', { skip: true }, () => {});
});
if (/x/.test('test(')) run.test();`, [['lower case', 'umlauts %s', 'later', 'never', 'one', "says it(\\'no\\')"], 3, 3, 1]],
  ['test/slug.test.js', "test('a', (t) => { t.is(1, 1); t.deepEqual([], []); });\ntest.describe('no test', () => {});\ntest.todo('b');\n", [['a', 'b'], 2, 1, 0]],
  ['tests/test_slug.py', `
"""def test_docs(): assert 1"""
import pytest
def test_one():
    assert slug("assert") == "x"  # assert no
@pytest.mark.skip(reason="later")
async def test_two(): pass
class TestMore(unittest.TestCase):
    @unittest.skipIf(True, "x")
    def test_three(self):
        self.assertEqual(1, 1)
def helper(): pass`, [['test_one', 'test_two', 'test_three'], 2, 2, 0]],
  ['slug_test.go', `
// func TestGone(t *testing.T) {}
func TestOne(t *testing.T) {
  t.Run("umlauts", func(t *testing.T) { t.Errorf("x") })
  if testing.Short() { t.Skip("x") }
}
func (s *Suite) TestTwo() { require.NoError(s.T(), nil) }
func helper(t *testing.T) {}`, [['TestOne', 'umlauts', 'TestTwo'], 2, 2, 0]],
  ['src/lib.rs', `
fn f<'a>(x: &'a str) -> &'a str { x }
#[cfg(test)] mod tests {
  #[test]
  fn one() { assert_eq!(1, 1); assert!(true); }
  #[tokio::test]
  #[ignore]
  async fn two() { debug_assert_ne!(1, 2); }
  // #[test] fn gone() {}
}`, [['one', 'two'], 3, 1, 0]],
  ['src/test/java/SlugTest.java', `
class SlugTest {
  @Test
  void one() { assertEquals("a", slug("A")); }
  @Disabled("later") @ParameterizedTest
  @ValueSource(strings = {"a"})
  void two(String s) { assertThat(s).isEqualTo("a"); }
  /* @Test void gone() {} */
}`, [['one', 'two'], 2, 1, 0]],
  ['spec/slug_spec.rb', `
describe Slug do
  it "lower case" do
    expect(slug("A")).to eq "a"
  end
  # it "gone" do
  xit 'later' do
  end
  fit "one" do end
  def test_old; assert_equal 1, 1; end
end`, [['lower case', 'later', 'one', 'test_old'], 2, 1, 1]],
  ['tests/SlugTest.php', `<?php class SlugTest extends TestCase {
  public function testOne() { $this->assertSame(1, 1); }
  #[Test]
  public function two() { self::assertTrue(true); $this->markTestSkipped(); }
}`, [['testOne', 'two'], 2, 1, 0]],
  ['Slug.Tests/SlugTests.cs', 'class T { [Fact]\n public void One() { Assert.Equal(1, 1); }\n [Fact(Skip = "later")] public async Task Two() {} }', [['One', 'Two'], 1, 1, 0]],
  ['test/slug_test.exs', 'test "one" do\n  assert slug("A") == "a"\nend\n@tag :skip\ntest "two" do\nend', [['one', 'two'], 1, 1, 0]],
];

describe('counting', () => {
  test.each(CASES)('%s', (path, text, [names, assertions, skips, focuses]) => {
    const counted = countTests(path, text);
    expect({ ...counted, tests: counted.tests.map(({ name }) => name) }).toEqual({ tests: names, assertions, skips, focuses });
    expect(isTestFile(path)).toBe(true);
  });

  test('what is no test file, and a language nobody knows', () => {
    expect(['src/slug.ts', 'README.md', 'src/contest.py', 'main.go', 'testdata.json', 'src/latest.js'].filter(isTestFile)).toEqual([]);
    expect(countTests('a.txt', 'test("a")').tests).toEqual([]);
  });

  test('an unclosed quote hides its line only, and a large file takes no time', () => {
    expect(countTests('a.test.js', "const a = /'/; test('x')\ntest('y', () => {});").tests).toHaveLength(1);
    expect(countTests('a.test.js', "test('y', () => { expect(1).toBe(1); });\n".repeat(20_000)).assertions).toBe(20_000);
  });
});
