/** What a token may be limited to, to choose from: each domain's tasks as a whole, then each task. */
export function patternsOf(tasks: readonly string[]): string[] {
  const domains = new Set(tasks.map((task) => `${task.slice(0, task.indexOf('.'))}.*`))
  return [...[...domains].sort(), ...tasks.toSorted()]
}
