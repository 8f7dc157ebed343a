import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { auditSearchOf } from './audit/search.ts'
import { dashboardPath } from './base.ts'
import { type ErrorWindow, isErrorWindow } from './errors/windows.ts'
import { JobsScreen } from './jobs/jobs-screen.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Shell } from './shell/shell.tsx'
import { Permitted } from './ui/session.tsx'
import { Failure } from './ui/states.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })
const getParentRoute = () => root

// What is below it is for administrators alone.
const administration = createRoute({
  getParentRoute,
  id: 'administration',
  component: () => (
    <Permitted permission="background_tasks.admin">
      <Outlet />
    </Permitted>
  ),
})
const getAdministration = () => administration

const routeTree = root.addChildren([
  createRoute({
    getParentRoute,
    path: '/jobs',
    component: JobsScreen,
    validateSearch: ({ filter }: Record<string, unknown>): { filter?: string } =>
      filter === undefined || filter === '' ? {} : { filter: String(filter) },
  }),
  createRoute({
    getParentRoute,
    path: '/jobs/$id',
    component: lazyRouteComponent(() => import('./job/job-screen.tsx'), 'JobScreen'),
  }),
  createRoute({
    getParentRoute,
    path: '/',
    component: lazyRouteComponent(() => import('./overview/overview-screen.tsx'), 'OverviewScreen'),
  }),
  createRoute({
    getParentRoute,
    path: '/errors',
    component: lazyRouteComponent(() => import('./errors/errors-screen.tsx'), 'ErrorsScreen'),
    validateSearch: ({ window }: Record<string, unknown>): { window?: ErrorWindow } =>
      isErrorWindow(window) ? { window } : {},
  }),
  createRoute({
    getParentRoute,
    path: '/tasks',
    component: lazyRouteComponent(() => import('./tasks/tasks-screen.tsx'), 'TasksScreen'),
    validateSearch: ({ q }: Record<string, unknown>): { q?: string } =>
      q === undefined || q === '' ? {} : { q: String(q) },
  }),
  createRoute({
    getParentRoute,
    path: '/tasks/$name',
    component: lazyRouteComponent(() => import('./tasks/task-screen.tsx'), 'TaskScreen'),
  }),
  createRoute({
    getParentRoute,
    path: '/queues',
    component: lazyRouteComponent(() => import('./queues/queues-screen.tsx'), 'QueuesScreen'),
  }),
  createRoute({
    getParentRoute,
    path: '/workers',
    component: lazyRouteComponent(() => import('./workers/workers-screen.tsx'), 'WorkersScreen'),
  }),
  createRoute({
    getParentRoute,
    path: '/notifications',
    component: lazyRouteComponent(() => import('./notifications/notifications-screen.tsx'), 'NotificationsScreen'),
  }),
  createRoute({
    getParentRoute,
    path: '/settings',
    component: lazyRouteComponent(() => import('./settings/settings-screen.tsx'), 'SettingsScreen'),
  }),
  administration.addChildren([
    createRoute({
      getParentRoute: getAdministration,
      path: '/users',
      component: lazyRouteComponent(() => import('./access/users-screen.tsx'), 'UsersScreen'),
    }),
    createRoute({
      getParentRoute: getAdministration,
      path: '/tokens',
      component: lazyRouteComponent(() => import('./access/tokens-screen.tsx'), 'TokensScreen'),
    }),
    createRoute({
      getParentRoute: getAdministration,
      path: '/audit-log',
      component: lazyRouteComponent(() => import('./audit/audit-screen.tsx'), 'AuditScreen'),
      validateSearch: auditSearchOf,
    }),
  ]),
])

export const router = createRouter({
  routeTree,
  basepath: dashboardPath,
  defaultPreload: 'intent',
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} onRetry={reset} />,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
