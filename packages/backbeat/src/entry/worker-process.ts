// What a worker process runs that a supervisor has started. Next to nothing is imported before the
// signals are taken care of: those of a terminal reach the whole process group, and mean a stop, but
// only the supervisor knows of a second one.
import type { FromWorkerProcess, ToWorkerProcess, WorkerProcessOptions } from '../cli/worker-process.ts'
import { watchParent } from './watch-parent.ts'

/** How long a worker without a supervisor may be too busy to notice, in milliseconds. */
const ORPHAN_GRACE_MS = 10_000

const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
process.on('message', (message: ToWorkerProcess) => {
  if (message.kind === 'stop') stop()
})
process.on('disconnect', () => {
  stopWatching()
  stop()
})

const stopWatching = watchParent(ORPHAN_GRACE_MS)

const tell = (message: FromWorkerProcess) =>
  new Promise<void>((resolve) => {
    if (process.connected) process.send?.(message, () => resolve())
    else resolve()
  })

try {
  const { loadApp } = await import('../cli/load-app.ts')
  const { app, settings }: WorkerProcessOptions = JSON.parse(process.argv[2] ?? '{}')
  const backbeat = await loadApp(app)
  await backbeat.startWorker(settings)
  await tell({ kind: 'ready' })
  const retired = backbeat.workerStopped().then(() => tell({ kind: 'retired' }))
  await Promise.race([stopped, retired])
  await backbeat.close()
  process.exit(0)
} catch (error) {
  const { code = 'worker_failed', message } = error as Error & { code?: string }
  await tell({ kind: 'failed', code: String(code), message })
  process.exit(1)
}
