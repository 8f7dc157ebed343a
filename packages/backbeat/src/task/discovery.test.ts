import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { discoverTasks } from './discovery.ts'
import { TaskRegistry } from './registry.ts'

const DEFINE = JSON.stringify(new URL('./define.ts', import.meta.url).href)

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'backbeat-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
})

/** A module that exports tasks of these names. */
function write(file: string, ...names: string[]): string {
  const schema = `{ '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }`
  const tasks = names.map(
    (name, index) => `export const task${index} = task({ name: '${name}', input: ${schema}, run: () => null })`,
  )
  return writeSource(file, `import { task } from ${DEFINE}\n${tasks.join('\n')}`)
}

function writeSource(file: string, source: string): string {
  const path = join(root, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, source)
  return path
}

async function discover(...patterns: string[]): Promise<string[]> {
  const registry = new TaskRegistry()
  await discoverTasks(registry, patterns, root)
  return registry.all().map(({ name }) => name)
}

describe('discovery', () => {
  test('finds the tasks of every module that the pattern matches, without registration', async () => {
    write('modules/orders/tasks.mjs', 'orders.import', 'orders.send_receipt')
    write('modules/catalog/tasks.mjs', 'catalog.product_import')
    write('modules/catalog/service.mjs', 'catalog.not_a_task_file')
    expect(await discover('./modules/*/tasks.mjs')).toEqual([
      'catalog.product_import',
      'orders.import',
      'orders.send_receipt',
    ])
  })

  test('takes a task that is exported twice for one', async () => {
    write('tasks.mjs', 'orders.import')
    writeSource('more-tasks.mjs', `export * from './tasks.mjs'`)
    expect(await discover('*tasks.mjs')).toEqual(['orders.import'])
  })

  test('refuses two tasks of one name, and names both files', async () => {
    const files = [write('a/tasks.mjs', 'orders.import'), write('b/tasks.mjs', 'orders.import')]
    const refused = discover('*/tasks.mjs')
    await expect(refused).rejects.toMatchObject({ code: 'duplicate_task_name' })
    for (const file of files) await expect(refused).rejects.toThrow(file)
  })

  test.each(['import', 'Orders.import', 'orders.import.now', 'orders.', 'orders.send-receipt', 'a.'.padEnd(300, 'a')])(
    'refuses the malformed name %j, and names the file',
    async (name) => {
      const file = write('tasks.mjs', name)
      const refused = discover('tasks.mjs')
      await expect(refused).rejects.toMatchObject({ code: 'malformed_task_name' })
      await expect(refused).rejects.toThrow(file)
    },
  )

  test('refuses a name whose path is one of the API itself', async () => {
    const file = write('tasks.mjs', 'admin.session')
    await expect(discover('tasks.mjs')).rejects.toMatchObject({
      code: 'reserved_task_name',
      message: expect.stringContaining(file),
    })
  })

  test('stops at a module that does not load, with its path and the cause', async () => {
    const file = writeSource('tasks.mjs', `throw new Error('the moon is full')`)
    const refused = discover('tasks.mjs')
    await expect(refused).rejects.toMatchObject({ code: 'task_module_failed', cause: { message: 'the moon is full' } })
    await expect(refused).rejects.toThrow(file)
    await expect(refused).rejects.toThrow('the moon is full')
  })

  test('stops where a pattern matches nothing', async () => {
    await expect(discover('modules/*/tasks.ts')).rejects.toMatchObject({ code: 'no_tasks_found' })
  })
})
