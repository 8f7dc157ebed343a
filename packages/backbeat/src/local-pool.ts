import type { Logger } from 'pino'
import type { Application } from './application.ts'
import type { Clock } from './clock.ts'
import { BackbeatError } from './errors.ts'
import type { LocalSettings } from './local-settings.ts'
import { InlinePool } from './pool/inline.ts'
import type { Pool } from './pool/pool.ts'
import { ProcessPool } from './pool/process.ts'
import { RoutedPool } from './pool/routed.ts'
import { ThreadPool } from './pool/thread.ts'
import { siblingModule } from './sibling-module.ts'
import type { Store } from './store/store.ts'
import type { PoolKind } from './task/define.ts'
import type { TaskRegistry } from './task/registry.ts'

/**
 * A thread that runs out of memory, or whose native code crashes, ends its worker. A job that was
 * lost this often runs in a process of its own, so that it does not end worker after worker.
 */
const QUARANTINE_AFTER_LOSSES = 2

export interface LocalPoolOptions {
  application: Application
  registry: TaskRegistry
  /** The module that executors load. */
  module: string | undefined
  store: Store
  clock: Clock
  logger: Logger
  settings: LocalSettings
}

/** Where tasks run that do not say so themselves. */
export function usualPool({ pool }: LocalSettings, module: string | undefined): PoolKind {
  return pool ?? (module ? 'threads' : 'inline')
}

/**
 * The pools that the worker's settings and its tasks ask for, as one.
 *
 * @throws BackbeatError `pool_needs_module`
 */
export function createLocalPool(options: LocalPoolOptions): Pool {
  const { registry, module, settings } = options
  const usual = usualPool(settings, module)
  if (usual !== 'inline' && !module) throw needsModule(`worker.pool is '${usual}'`)
  const kinds = new Set<PoolKind>([usual])
  for (const { name, pool } of registry.all()) {
    if (pool && pool !== 'inline' && !module) throw needsModule(`pool of the task ${name} is '${pool}'`)
    if (pool) kinds.add(pool)
  }
  return new RoutedPool({
    kinds: [...kinds],
    create: (kind) => createPool(kind, options),
    route({ taskType, redeliveries }) {
      const kind = registry.find(taskType)?.pool ?? usual
      return kind === 'threads' && redeliveries >= QUARANTINE_AFTER_LOSSES ? 'processes' : kind
    },
  })
}

function createPool(
  kind: PoolKind,
  { application, module = '', store, clock, logger, settings }: LocalPoolOptions,
): Pool {
  switch (kind) {
    case 'inline':
      return new InlinePool(
        () => application.open(clock, () => store.beginAttempt()),
        (opened) => opened.close(),
      )
    case 'threads': {
      const entry = siblingModule(import.meta.url, 'entry/executor-thread')
      return new ThreadPool({ entry, module, storeUrl: store.url, ...settings }, { ...settings, logger })
    }
    case 'processes': {
      const entry = siblingModule(import.meta.url, 'entry/executor-process')
      return new ProcessPool({ entry, module, storeUrl: store.url, ...settings }, { ...settings, logger })
    }
  }
}

function needsModule(what: string): BackbeatError {
  return new BackbeatError(
    'pool_needs_module',
    `${what}, but its executors do not know which module to load. Give createBackbeat({ module: import.meta.url, … }), or choose 'inline'.`,
  )
}
