import { userInfo } from 'node:os'
import type { AccessControl } from '../auth/access-control.ts'
import type { Actor } from '../auth/actor.ts'
import { loadApp } from './load-app.ts'

/** Whoever runs the command, as the audit log names them. */
export function commandActor(): Actor {
  return { name: `cli:${userInfo().username}`, requestId: null, address: null }
}

/** Does something with the users and tokens of an application, and closes it again. */
export async function withAccess(app: string, work: (access: AccessControl) => Promise<void>): Promise<void> {
  const backbeat = await loadApp(app)
  try {
    await work(await backbeat.openAccess())
  } finally {
    await backbeat.close()
  }
}

/** Rows of words in columns that line up. */
export function printTable(head: string[], rows: readonly string[][]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of [head, ...rows]) {
    console.log(
      row
        .map((word, column) => word.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

export function shownTime(ms: number | null): string {
  return ms === null ? '-' : new Date(ms).toISOString()
}
