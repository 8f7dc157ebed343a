const PATTERN = /^[a-z0-9_.*]{1,200}$/

/** Whether a text can stand for task names: `*` for any characters, all else for itself. */
export function isTaskPattern(pattern: string): boolean {
  return PATTERN.test(pattern)
}

/**
 * Whether one of the patterns stands for a task.
 *
 * @example
 * matchesAny(['catalog.*'], 'catalog.product_import') // true
 */
export function matchesAny(patterns: readonly string[], taskType: string): boolean {
  return patterns.some((pattern) => matches(pattern, taskType))
}

/** By the pieces between the stars, so that no pattern takes long. */
function matches(pattern: string, taskType: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return taskType === pattern
  if (!taskType.startsWith(first)) return false
  let at = first.length
  for (const piece of rest) {
    const found = taskType.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return taskType.length - last.length >= at && taskType.endsWith(last)
}
