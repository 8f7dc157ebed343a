import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { dashboardPath } from './base.ts'
import { type ErrorWindow, isErrorWindow } from './errors/windows.ts'
import { JobsScreen } from './jobs/jobs-screen.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Shell } from './shell/shell.tsx'
import { Failure } from './ui/states.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })
const getParentRoute = () => root

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
