// What an executor process runs. Next to nothing is imported before the signals are taken care of:
// those of a terminal or a service manager reach the whole process group, and only the worker may
// decide what becomes of the attempts in here.
import { watchParent } from './watch-parent.ts'

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit())
watchParent(0)

const { AttemptHost } = await import('../pool/attempt-host.ts')
const { openApplication } = await import('./open-application.ts')

const settings = JSON.parse(process.env.BACKBEAT_EXECUTOR ?? '{}')
// Not for the programs that tasks start.
delete process.env.BACKBEAT_EXECUTOR
const host = new AttemptHost(
  {
    send: (messages) => void process.send?.(messages),
    listen: (receive) => process.on('message', receive as (message: unknown) => void),
    memoryInUse: () => process.memoryUsage.rss(),
    end(exitCode) {
      if (!process.connected) process.exit(exitCode)
      process.send?.([], () => process.exit(exitCode))
    },
  },
  settings,
)
await host.serve(() => openApplication(settings))
