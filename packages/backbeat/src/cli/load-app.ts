import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Backbeat, isBackbeat } from '../backbeat.ts'
import { BackbeatError } from '../errors.ts'

/**
 * What the application's module exports, whatever the export is called.
 *
 * @param file relative to the current folder
 * @throws BackbeatError `app_not_found`, `app_failed`, `no_backbeat_exported` or `several_backbeats_exported`
 */
export async function loadApp(file: string): Promise<Backbeat> {
  const path = resolve(file)
  if (!existsSync(path)) {
    throw new BackbeatError(
      'app_not_found',
      `There is no file ${path}. Name the module that calls createBackbeat with --app.`,
    )
  }
  const [backbeat, another] = new Set(Object.values(await load(path)).filter(isBackbeat))
  if (!backbeat) {
    throw new BackbeatError(
      'no_backbeat_exported',
      `${path} exports nothing that createBackbeat made. Write: export const backbeat = createBackbeat({ … })`,
    )
  }
  if (another) {
    throw new BackbeatError(
      'several_backbeats_exported',
      `${path} exports several Backbeats, and a worker serves one. Put each into a module of its own.`,
    )
  }
  return backbeat
}

async function load(path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new BackbeatError('app_failed', `${path} could not be loaded: ${reason}`, { cause })
  }
}
