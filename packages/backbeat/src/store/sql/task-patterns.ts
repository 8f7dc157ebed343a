import { type RawBuilder, sql } from 'kysely'
import { storableName } from './values.ts'

/** The conditions that a task matches one of the patterns; see {@link taskMatchesOne}. */
export function taskMatches(patterns: readonly string[], column?: string): RawBuilder<boolean>[] {
  return patterns.map((pattern) => taskMatchesOne(pattern, column))
}

/** The condition that a task matches a pattern: `*` stands for any characters. */
export function taskMatchesOne(pattern: string, column = 'task_type'): RawBuilder<boolean> {
  const like = pattern.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%')
  return sql<boolean>`${sql.ref(column)} LIKE ${storableName(like)} ESCAPE '!'`
}
