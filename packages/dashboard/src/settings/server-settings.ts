import type { Settings } from 'backbeat/client'

export interface ServerSetting {
  /** Its text is that of `settings.server.<name>`. */
  name: string
  value: unknown
  /** How the value is to be written. */
  unit: 'text' | 'duration' | 'bytes'
  /** Where it is set: an option of `createBackbeat`; `null` where it cannot be set. */
  option: string | null
}

/** What the server runs with, in the order in which people look for it. */
export function serverSettings(settings: Settings): ServerSetting[] {
  const { version, node_version, store, broker, max_body_bytes, worker } = settings
  return [
    { name: 'version', value: version, unit: 'text', option: null },
    { name: 'node_version', value: node_version, unit: 'text', option: null },
    { name: 'store', value: store, unit: 'text', option: 'store' },
    { name: 'broker', value: broker, unit: 'text', option: null },
    { name: 'max_body_bytes', value: max_body_bytes, unit: 'bytes', option: null },
    ...Object.entries(worker).map(([name, value]) => workerSetting(name, value)),
  ]
}

function workerSetting(name: string, value: unknown): ServerSetting {
  const [, stem = name, unit] = /^(.*?)(?:_(ms|bytes))?$/.exec(name) ?? []
  // Which the options gather under one name.
  const option = { recycle_jobs: 'recycle.jobs', recycle: 'recycle.memory' }[stem] ?? camelCase(stem)
  return {
    name,
    value,
    unit: unit === 'ms' ? 'duration' : unit === 'bytes' ? 'bytes' : 'text',
    option: `worker.${option}`,
  }
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
