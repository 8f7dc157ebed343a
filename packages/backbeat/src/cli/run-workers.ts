import { systemClock } from '../clock.ts'
import { Supervisor } from '../worker/supervisor.ts'
import { loadApp } from './load-app.ts'
import { onStopSignals } from './stop-signals.ts'
import { forkWorkerProcess, type WorkerProcessOptions } from './worker-process.ts'

const say = (message: string) => console.log(`backbeat: ${message}`)

const STOPPING = 'Stopping: running jobs may finish. Press Ctrl-C again to leave at once.'

interface Workers {
  /** Resolves when there are none any more, because operators asked them to stop. */
  ended: Promise<void>
  stop(): Promise<void>
  /** Ends what must not outlive this process. */
  kill(): void
}

/**
 * Runs workers until a signal ends this process.
 *
 * @param processes how many processes run them; one is this process itself
 * @throws BackbeatError naming what keeps them from starting
 */
export async function runWorkers(processes: number, options: WorkerProcessOptions): Promise<void> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  let workers: Workers | undefined
  onStopSignals(
    () => {
      say(STOPPING)
      stop()
    },
    () => {
      workers?.kill()
      process.exit(1)
    },
  )
  workers =
    processes === 1 ? await startHere(options) : await startSupervised(processes, options, (kill) => (workers = kill))
  await Promise.race([stopped, workers.ended])
  await workers.stop()
  say('Stopped.')
  process.exit(0)
}

async function startHere({ app, settings }: WorkerProcessOptions): Promise<Workers> {
  const backbeat = await loadApp(app)
  await backbeat.startWorker(settings)
  say(`A worker is ready (process ${process.pid}).`)
  return { ended: backbeat.workerStopped(), stop: () => backbeat.close(), kill: () => {} }
}

async function startSupervised(
  count: number,
  options: WorkerProcessOptions,
  known: (workers: Workers) => void,
): Promise<Workers> {
  const supervisor = new Supervisor({ count, launch: () => forkWorkerProcess(options), clock: systemClock, say })
  known(supervisor)
  await supervisor.start()
  say(`${count} worker processes are ready.`)
  return supervisor
}
