import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const ROOT = new URL('../../../', import.meta.url)
/** What a process of ours says to another, and what is Node's own setting and no choice of ours. */
const NOT_OURS_TO_NAME = ['BACKBEAT_EXECUTOR', 'NODE_OPTIONS']

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8')
}

/** The names that code below a folder reads from the environment. */
function environmentOf(folder: string): string[] {
  const files = globSync(`${folder}/**/*.ts`, {
    cwd: ROOT,
    exclude: ['**/node_modules/**', '**/*.test.ts', '**/test/**'],
  })
  const code = files.map((file) => read(file).replaceAll(/^\s*(\*|\/\/).*$/gm, '')).join('\n')
  const names = [...code.matchAll(/process\.env\.([A-Z_]+)/g)].map(([, name = '']) => name)
  return [...new Set(names)].filter((name) => !NOT_OURS_TO_NAME.includes(name)).toSorted()
}

/** The names of an interface's own properties. */
function optionsOf(path: string, name: string): string[] {
  const [, body = ''] = new RegExp(`export interface ${name} \\{\\n(.*?)\\n\\}`, 's').exec(read(path)) ?? []
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, option = '']) => option)
}

/** What a document names in its tables. */
function namesIn(path: string): string[] {
  const rows = read(path).match(/^\| .*$/gm) ?? []
  return rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
}

describe('the settings guide', () => {
  const named = namesIn('docs/guides/settings.md')

  test('names every variable of the environment that is read', () => {
    const variables = environmentOf('packages/backbeat/src')
    expect(variables).toContain('BACKBEAT_SECRET')
    expect(named).toEqual(expect.arrayContaining(variables))
  })

  test.each([
    ['packages/backbeat/src/backbeat-options.ts', 'BackbeatOptions', 'tasks'],
    ['packages/backbeat/src/task/notify.ts', 'NotificationOptions', 'retention'],
    ['packages/backbeat/src/local-settings.ts', 'WorkerSettings', 'concurrency'],
  ])('names every option of %s', (path, name, one) => {
    const options = optionsOf(path, name)
    expect(options).toContain(one)
    expect(named).toEqual(expect.arrayContaining(options))
  })

  test('names no variable that nothing reads', () => {
    const variables = environmentOf('packages/backbeat/src')
    expect(named.filter((name) => /^[A-Z_]{4,}$/.test(name)).toSorted()).toEqual(variables)
  })
})

test("the README's table names every variable that the example understands", () => {
  const variables = [...environmentOf('packages/backbeat/src'), ...environmentOf('examples/marketplace')]
  expect(variables).toContain('MARKETPLACE_FEEDS')
  expect(namesIn('README.md')).toEqual(expect.arrayContaining(variables))
})
