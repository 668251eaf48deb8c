/** One permission rule in Claude Code's syntax: `Tool` or `Tool(pattern)`. */

export interface Rule {
  /** As the plan has it. */
  text: string;
  tool: string;
  /** Null: every call of the tool (`Tool`, `Tool(*)`, `Tool()`). */
  pattern: string | null;
}

const RULE = /^([A-Za-z_][\w-]*(?:\*)?)(?:\(([^]*)\))?$/;

/** Undefined when the text is not a rule. */
export function parseRule(text: string): Rule | undefined {
  const found = RULE.exec(text.trim());
  const tool = found?.[1];
  if (tool === undefined || (tool.endsWith('*') && !tool.startsWith('mcp__'))) return undefined;
  const pattern = found?.[2]?.trim();
  return { text, tool, pattern: pattern === undefined || pattern === '' || pattern === '*' ? null : pattern };
}

/** Which tools a rule speaks about: `Edit` means every tool that writes files, `Read` every tool that reads them. */
const COVERS: Record<string, readonly string[]> = {
  Edit: ['Edit', 'Write', 'MultiEdit', 'NotebookEdit'],
  Read: ['Read', 'Glob', 'Grep', 'LS', 'NotebookRead'],
};

export function coversTool(rule: Rule, tool: string): boolean {
  if (rule.tool.startsWith('mcp__')) return coversMcp(rule.tool, tool);
  return rule.tool === tool || (COVERS[rule.tool]?.includes(tool) ?? false);
}

/** `mcp__server` and `mcp__server__*` are every tool of that server. */
function coversMcp(named: string, tool: string): boolean {
  if (named.endsWith('*')) return tool.startsWith(named.slice(0, -1));
  return tool === named || (named.split('__').length === 2 && tool.startsWith(`${named}__`));
}

/** For the plan's validation: what is wrong with a rule, undefined when nothing is. */
export function ruleMistake(text: string): string | undefined {
  if (parseRule(text) === undefined) return `"${text}" is not a permission rule: write Tool or Tool(pattern), for example Edit(src/**) or Bash(npm test*)`;
  return undefined;
}
