import { describe, expect, test } from 'vitest'
import { matchesAny } from '../task/patterns.ts'
import {
  mayManage,
  mayStart,
  mayView,
  requireManage,
  requirePermission,
  requireStart,
  requireView,
  scopeOf,
} from './decisions.ts'
import { hostPrincipal } from './host-principal.ts'
import { highestOf, PERMISSIONS, permissionOf, ROLES, upTo } from './permissions.ts'
import type { Principal } from './principal.ts'

const ana: Principal = { kind: 'user', name: 'ana', permission: null, tasks: null, starts: [] }
const viewer: Principal = { ...ana, permission: 'background_tasks.view' }
const operator: Principal = { ...ana, permission: 'background_tasks.manage' }
const ci: Principal = { ...operator, kind: 'token', name: 'ci', tasks: ['catalog.*'] }

const imported = { id: '1', taskType: 'catalog.product_import', triggeredBy: 'manual:ben' }
const echoed = { id: '2', taskType: 'demo.echo', triggeredBy: 'manual:ben' }

describe('permissions', () => {
  test('each includes those before it', () => {
    expect(ROLES.map((role) => upTo(permissionOf(role)).length)).toEqual([1, 2, 3])
    expect(upTo(null)).toEqual([])
    expect(upTo('background_tasks.admin')).toEqual([...PERMISSIONS])
    expect(highestOf(['background_tasks.manage', 'background_tasks.view'])).toBe('background_tasks.manage')
    expect(highestOf([])).toBeNull()
  })

  test('the one that is missing is named, with what is held', () => {
    expect(() => requirePermission(viewer, 'background_tasks.view')).not.toThrow()
    expect(() => requirePermission(viewer, 'background_tasks.manage')).toThrow(
      /needs background_tasks.manage, and manual:ana has background_tasks.view/,
    )
    expect(() => requirePermission(ana, 'background_tasks.view')).toThrow(/has no permission/)
  })
})

describe('a job', () => {
  test('is seen by who may view its task', () => {
    expect([viewer, operator, ci].map((who) => mayView(who, imported))).toEqual([true, true, true])
    expect([viewer, ci, ana].map((who) => mayView(who, echoed))).toEqual([true, false, false])
  })

  test('is seen by who started it, and by nobody else of that name', () => {
    const mine = { ...echoed, triggeredBy: 'manual:ana' }
    expect(mayView(ana, mine)).toBe(true)
    expect(mayView({ ...ci, name: 'ana' }, mine)).toBe(false)
    expect(mayManage(ana, mine)).toBe(false)
  })

  test('that may not be seen is unknown; that may be seen and not changed is forbidden', () => {
    expect(() => requireView(ci, echoed)).toThrow(expect.objectContaining({ code: 'unknown_job', status: 404 }))
    expect(() => requireManage(ci, echoed)).toThrow(expect.objectContaining({ code: 'unknown_job' }))
    expect(() => requireManage(viewer, echoed)).toThrow(expect.objectContaining({ code: 'forbidden', status: 403 }))
    expect(() => requireManage(ci, { ...echoed, triggeredBy: 'api:ci' })).toThrow(
      expect.objectContaining({ code: 'forbidden' }),
    )
    expect(() => requireManage(ci, imported)).not.toThrow()
  })

  test('of every task is in the scope of who is limited to none', () => {
    expect(scopeOf(viewer)).toBeNull()
    expect(scopeOf(ci)).toEqual({ tasks: ['catalog.*'], startedBy: 'api:ci' })
    expect(scopeOf(ana)).toEqual({ tasks: [], startedBy: 'manual:ana' })
  })
})

describe('starting a task', () => {
  test('needs the permission for that task, or to be let start it', () => {
    expect([ana, viewer, operator].map((who) => mayStart(who, 'demo.echo'))).toEqual([false, false, true])
    expect(['demo.echo', 'catalog.price_import'].map((task) => mayStart(ci, task))).toEqual([false, true])
    expect(mayStart({ ...ana, starts: ['demo.*'] }, 'demo.echo')).toBe(true)
    expect(() => requireStart(ci, 'demo.echo')).toThrow(/api:ci may not start demo.echo/)
  })
})

describe('a pattern of tasks', () => {
  test.each([
    ['catalog.*', ['catalog.product_import', 'catalog.x'], ['catalogs.x', 'a.catalog', 'catalog']],
    ['*', ['catalog.product_import'], []],
    ['*_import', ['catalog.price_import'], ['catalog.import_', 'catalog.import']],
    ['a*a', ['aa', 'aba'], ['a', 'ab']],
    ['a.*b*c', ['a.bc', 'a.xbxbxc'], ['a.cb', 'a.c']],
    ['catalog.price_import', ['catalog.price_import'], ['catalog.price-import', 'catalogxprice_import']],
  ])('%s stands for %j and not for %j', (pattern, fits, others) => {
    for (const name of fits) expect([name, matchesAny([pattern], name)]).toEqual([name, true])
    for (const name of others) expect([name, matchesAny([pattern], name)]).toEqual([name, false])
  })
})

describe('what the application says of its own session', () => {
  test('is nobody with nothing, unless it says more', () => {
    expect(hostPrincipal({ name: 'ana' })).toEqual({
      kind: 'host',
      name: 'ana',
      permission: null,
      tasks: null,
      starts: [],
    })
    expect(hostPrincipal({ name: 'ana', role: 'operator', tasks: ['a.*'], starts: ['b.*'] })).toMatchObject({
      permission: 'background_tasks.manage',
      tasks: ['a.*'],
      starts: ['b.*'],
    })
  })

  test.each([
    { name: '' },
    { name: 'a\nb' },
    { name: 'x'.repeat(151) },
    { name: undefined as never },
    { name: 'ana', role: 'owner' as never },
    { name: 'ana', tasks: ['Catalog.*'] },
    { name: 'ana', starts: [''] },
  ])('is refused where it cannot be used: %j', (given) => {
    expect(() => hostPrincipal(given)).toThrow(expect.objectContaining({ code: 'invalid_principal' }))
  })
})
