/** The Temporal Web UI by hand, in a real browser: our columns, summaries and page, and a question answered with a signal. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/needs.ts';
import type { Service } from '../support/service.ts';
import { findChromium, openBrowser, type Browser } from './browser.ts';
import { milestoneIn, startScriptedService, writePlan } from './scripted-project.ts';

const chromium = findChromium();
const webUi = process.env.HOLDPOINT_TEST_TEMPORAL_UI;
const missing = chromium === null ? 'chromium' : webUi === undefined ? 'the Web UI of HOLDPOINT_TEST_TEMPORAL_ADDRESS in HOLDPOINT_TEST_TEMPORAL_UI' : null;

const QUESTION = 'tinyslug/slugs/milestone_completion.1';

let service: Service;
let browser: Browser;
let page: Page;

const address = (path: string): string => `${webUi}/namespaces/${service.env.TEMPORAL_NAMESPACE}/workflows${path}`;

const step = (task: string) => ({ write: `src/${task}.js`, content: `export const ${task} = true;` });

/** One project that waits for its first milestone to be accepted, after a turn that failed its check; one that has ended. */
async function startProjects(): Promise<void> {
  const tinyslug = writePlan(service, {
    project: 'tinyslug', checks: [{ name: 'test', run: 'grep -q true src/ascii.js', tasks: ['ascii'] }],
    milestones: [
      { id: 'slugs', title: 'Every title gets a slug', tasks: [
        { id: 'ascii', title: 'ASCII titles', steps: [{ turn: 1, write: 'src/ascii.js', content: '' }, { turn: 2, ...step('ascii') }, { cost: 0.21 }] },
        { id: 'unicode', title: 'Unicode titles', dependsOn: ['ascii'], steps: [step('unicode'), { cost: 0.12 }] },
      ] },
      { id: 'unique', title: 'No two titles share a slug', tasks: [{ id: 'suffix', title: 'Suffixes', steps: [step('suffix'), { cost: 0.1 }] }] },
    ],
  });
  const greeter = writePlan(service, {
    project: 'greeter', asks: false, milestones: [{ id: 'hello', title: 'It greets', tasks: [{ id: 'greet', title: 'Greeting', steps: [step('greet'), { cost: 0.08 }] }] }],
  });
  await Promise.all([service.json('start', greeter), service.json('start', tinyslug)]);
  await milestoneIn(service, 'greeter', 'hello', 'completed');
  await milestoneIn(service, 'tinyslug', 'slugs', 'waiting');
  await inTheIndex("HoldpointState = 'completed' AND WorkflowId = 'holdpoint/greeter/hello'");
  await inTheIndex("HoldpointState = 'waiting' AND HoldpointCostUsd > 0.5");
}

/** The server's index, which the list is made of, comes after the database; a page that is open does not look again. */
const inTheIndex = (query: string): Promise<unknown> => eventually(async () => (await service.temporal.client.workflow.count(query)).count === 1, { what: query });

async function addColumns(names: string[]): Promise<void> {
  await page.getByRole('button', { name: 'Configure Columns' }).click();
  for (const name of names) await page.getByRole('button', { name: `Add ${name} column` }).click();
  for (const name of ['Run ID', 'Type', 'Start', 'End']) await page.getByRole('button', { name: `Remove ${name} column` }).click();
  await page.getByRole('button', { name: 'Close Workflows Table configuration' }).click();
}

const rowOf = (workflowId: string) => page.getByRole('row').filter({ has: page.getByRole('link', { name: workflowId, exact: true }) });

const openSlugs = () => page.goto(address('/holdpoint%2Ftinyslug%2Fslugs'));

/** The page that the workflow keeps about itself, as the Web UI renders it. */
async function currentDetails(): Promise<FrameLocator> {
  await openSlugs();
  await page.getByText('User Metadata', { exact: true }).click();
  return page.frameLocator('#user-metadata-current-details');
}

const rowsOf = async (table: Locator): Promise<string[][]> =>
  Promise.all((await table.getByRole('row').all()).map(async (row) => (await row.locator('th, td').allInnerTexts()).map((text) => text.trim())));

/** As a person does: the menu, the signal's name, the data, and Submit. */
async function sendSignal(name: string, data: string): Promise<void> {
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: 'Send a Signal' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByTestId('signal-select-button').click();
  await dialog.getByRole('option', { name }).click();
  await dialog.getByRole('textbox', { name: 'Data' }).fill(data);
  await browser.picture('signal.png');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

describeWith(missing ?? '', missing === null, 'the Temporal Web UI', () => {
  beforeAll(async () => {
    if (chromium === null || webUi === undefined) throw new Error(`the tests of the Web UI need ${missing}`);
    service = await startScriptedService();
    [browser] = await Promise.all([openBrowser(chromium), startProjects()]);
    page = browser.page;
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  test('lists what waits, with our search attributes as columns', async () => {
    await page.goto(address(''));
    await addColumns(['HoldpointState', 'HoldpointWaitingFor', 'HoldpointCostUsd']);
    expect((await page.getByRole('columnheader').allInnerTexts()).map((text) => text.trim())).toEqual(
      expect.arrayContaining(['Status', 'Workflow ID', 'HoldpointState', 'HoldpointWaitingFor', 'HoldpointCostUsd']),
    );
    await rowOf('holdpoint/tinyslug/slugs').filter({ hasText: 'waiting' }).filter({ hasText: QUESTION }).filter({ hasText: '0.54' }).waitFor();
    await rowOf('holdpoint/greeter/hello').filter({ hasText: 'completed' }).filter({ hasText: '0.08' }).waitFor();
    await browser.picture('workflow-list.png');
  }, 600_000);

  test('finds what waits for a person by our search attribute', async () => {
    await page.goto(address(`?query=${encodeURIComponent("HoldpointState='waiting'")}`));
    await rowOf('holdpoint/tinyslug/slugs').waitFor();
    expect(await rowOf('holdpoint/tinyslug').count()).toBe(0);
  }, 600_000);

  test('says in the timeline what each activity did, task and attempt first', async () => {
    await openSlugs();
    for (const summary of ['ascii #1 agent, run 1', 'ascii #2 checks', 'unicode #1 review', 'slugs question milestone_completion']) {
      await page.getByText(summary).waitFor();
    }
    await page.getByText('ascii #1 agent, run 1').scrollIntoViewIfNeeded();
    await browser.picture('timeline.png');
  }, 600_000);

  test('renders the current details: what is asked, and the tasks as a table', async () => {
    const details = await currentDetails();
    await details.getByText('Waiting for a person: milestone_completion').waitFor();
    expect(await rowsOf(details.getByRole('table'))).toEqual([
      ['task', 'title', 'state', 'attempt', 'quality', 'confidence'],
      ['ascii', 'ASCII titles', 'completed', '2', expect.stringMatching(/^0\.\d\d$/), expect.any(String)],
      ['unicode', 'Unicode titles', 'completed', '1', expect.any(String), expect.any(String)],
    ]);
    await details.getByRole('table').scrollIntoViewIfNeeded();
    await browser.picture('details.png');
  }, 600_000);

  test('answers a question by hand, with the data that the page shows', async () => {
    const data = await (await currentDetails()).locator('pre').first().innerText();
    expect(JSON.parse(data)).toEqual({ breakpoint: QUESTION, action: 'approve' });
    await sendSignal('answer', data);
    await milestoneIn(service, 'tinyslug', 'slugs', 'completed');
    await milestoneIn(service, 'tinyslug', 'unique', 'waiting');
    const answers = await service.db.selectFrom('breakpoint').select(['id', 'action', 'via']).where('id', '=', QUESTION).execute();
    expect(answers).toEqual([{ id: QUESTION, action: 'approve', via: 'signal' }]);
  }, 600_000);
});
