import { glob } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BackbeatError } from '../errors.ts'
import { isTask } from './define.ts'
import type { TaskRegistry } from './registry.ts'

/**
 * Loads every module that the patterns match and adds the tasks that they export.
 *
 * @param patterns globs, relative to `root`
 * @throws BackbeatError `task_module_failed` with the path and the cause where a module does not load,
 *   `no_tasks_found` where a pattern matches nothing, and what {@link TaskRegistry.add} throws
 */
export async function discoverTasks(registry: TaskRegistry, patterns: readonly string[], root: string): Promise<void> {
  for (const pattern of patterns) {
    const files = await filesMatching(pattern, root)
    if (files.length === 0) {
      throw new BackbeatError(
        'no_tasks_found',
        `No file matches the tasks pattern ${JSON.stringify(pattern)} in ${root}. Correct the pattern or create the first tasks file.`,
      )
    }
    for (const file of files) {
      for (const exported of Object.values(await load(file))) {
        if (isTask(exported)) registry.add(exported, file)
      }
    }
  }
}

async function filesMatching(pattern: string, root: string): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob(pattern, { cwd: root })) files.push(resolve(root, file))
  return files.sort()
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new BackbeatError('task_module_failed', `The tasks in ${file} could not be loaded: ${reason}`, { cause })
  }
}
