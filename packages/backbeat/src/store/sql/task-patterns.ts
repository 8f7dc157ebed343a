import { type RawBuilder, sql } from 'kysely'

/** The conditions that a task matches one of the patterns: `*` stands for any characters. */
export function taskMatches(patterns: readonly string[], column = 'task_type'): RawBuilder<boolean>[] {
  return patterns.map((pattern) => sql<boolean>`${sql.ref(column)} LIKE ${likeOf(pattern)} ESCAPE '!'`)
}

function likeOf(pattern: string): string {
  return pattern.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%')
}
