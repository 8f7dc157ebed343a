import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const START_LIMIT_MS = 30_000

/** Where a program is, on the `PATH` or in one of the folders given. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const all = [...(process.env.PATH ?? '').split(delimiter), ...folders]
  return all.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Somebody else to run as, where this process runs as root, which Postgres refuses. */
export function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const user of ['postgres', 'nobody']) {
    try {
      const id = (which: string) => Number(execFileSync('id', [which, user], { stdio: ['ignore', 'pipe', 'ignore'] }))
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      // There is no such user.
    }
  }
  throw new Error('Postgres does not run as root, and there is neither a user postgres nor a user nobody to run it as.')
}

/** A server that was started. */
export interface Running {
  stop(): Promise<void>
}

/** Starts a server, and resolves once `ping` does. */
export async function startServer(
  file: string,
  args: readonly string[],
  { stopSignal, ping, ...options }: SpawnOptions & { stopSignal: NodeJS.Signals; ping: () => Promise<void> },
): Promise<Running> {
  // In a group of its own, so that an interrupt at the keyboard does not reach it.
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  let said = ''
  child.stderr?.on('data', (text) => {
    said = (said + text).slice(-2000)
  })
  const ended = once(child, 'exit')
  await Promise.race([
    untilAnswered(ping),
    ended.then(() => Promise.reject(new Error(`${file} ended at once:\n${said}`))),
  ])
  return {
    async stop() {
      if (hasEnded(child)) return
      child.kill(stopSignal)
      await ended
    },
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function untilAnswered(ping: () => Promise<void>): Promise<void> {
  const giveUpAt = Date.now() + START_LIMIT_MS
  for (;;) {
    try {
      return await ping()
    } catch (error) {
      if (Date.now() > giveUpAt) throw error
      await sleep(50)
    }
  }
}
