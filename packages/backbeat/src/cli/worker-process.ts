import { fork } from 'node:child_process'
import { BackbeatError } from '../errors.ts'
import type { WorkerSettings } from '../local-settings.ts'
import { siblingModule } from '../sibling-module.ts'
import type { SupervisedProcess } from '../worker/supervisor.ts'

/** What a worker process is started with. Plain data. */
export interface WorkerProcessOptions {
  /** The application's module, relative to the current folder. */
  app: string
  /** What takes the place of the application's own settings. */
  settings: WorkerSettings
}

/** What a worker process tells its supervisor. */
export type FromWorkerProcess =
  | { kind: 'ready' }
  /** An operator has asked it to stop. */
  | { kind: 'retired' }
  | { kind: 'failed'; code: string; message: string }

/** What a supervisor tells a worker process. */
export type ToWorkerProcess = { kind: 'stop' }

/**
 * Room for what is young, in MiB. A quick worker fills whatever it is given before anything is cleared
 * away: at Node's own bound, that is more than all the rest of its memory.
 */
const SEMI_SPACE_MIB = 8

/** Left to the user where `NODE_OPTIONS` says it, which Node lets arguments overrule. */
function semiSpaceBound(): string[] {
  const isGiven = /--max[-_]semi[-_]space[-_]size/.test(process.env.NODE_OPTIONS ?? '')
  return isGiven ? [] : [`--max-semi-space-size=${SEMI_SPACE_MIB}`]
}

/** Starts a process that runs a worker; see `entry/worker-process.ts`. */
export function forkWorkerProcess(options: WorkerProcessOptions): SupervisedProcess {
  const child = fork(siblingModule(import.meta.url, '../entry/worker-process'), [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // First, so that what this process was started with counts more.
    execArgv: [...semiSpaceBound(), ...process.execArgv],
  })
  let hasRetired = false
  const ready = Promise.withResolvers<void>()
  const exited = Promise.withResolvers<string>()
  const end = (how: string) => {
    ready.reject(new BackbeatError('worker_failed', `A worker process ended while it started: ${how}.`))
    exited.resolve(how)
  }
  child.on('message', (message: FromWorkerProcess) => {
    if (message.kind === 'ready') ready.resolve()
    else if (message.kind === 'retired') hasRetired = true
    else ready.reject(new BackbeatError(message.code, message.message))
  })
  child.once('exit', (code, signal) => end(signal ? `killed by ${signal}` : `exit code ${code}`))
  child.once('error', (error) => end(error.message))
  return {
    pid: child.pid,
    get hasRetired() {
      return hasRetired
    },
    ready: ready.promise,
    exited: exited.promise,
    stop: () => {
      // One that is gone has nothing to stop.
      if (child.connected) child.send({ kind: 'stop' } satisfies ToWorkerProcess, () => undefined)
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
