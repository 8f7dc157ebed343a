import {
  IconAlertTriangle,
  IconBell,
  IconChartBar,
  IconChecklist,
  IconHistory,
  IconKey,
  IconListDetails,
  IconServer2,
  IconSettings,
  IconStack2,
  IconUsers,
} from '@tabler/icons-react'
import type { Session } from 'backbeat/client'

/** The screens, in the order of the navigation. */
const WORK = [
  { to: '/', name: 'overview', icon: IconChartBar },
  { to: '/jobs', name: 'jobs', icon: IconListDetails },
  { to: '/errors', name: 'errors', icon: IconAlertTriangle },
  { to: '/tasks', name: 'tasks', icon: IconChecklist },
  { to: '/queues', name: 'queues', icon: IconStack2 },
  { to: '/workers', name: 'workers', icon: IconServer2 },
  { to: '/notifications', name: 'notifications', icon: IconBell },
] as const

const ADMINISTRATION = [
  { to: '/users', name: 'users', icon: IconUsers },
  { to: '/tokens', name: 'tokens', icon: IconKey },
  { to: '/audit-log', name: 'audit', icon: IconHistory },
] as const

const OWN = [{ to: '/settings', name: 'settings', icon: IconSettings }] as const

type Page = (typeof WORK)[number] | (typeof ADMINISTRATION)[number] | (typeof OWN)[number]

/** The screens that somebody may open, in groups. */
export function pagesFor({ permissions }: Pick<Session, 'permissions'>): { name: string; pages: readonly Page[] }[] {
  const isAdmin = permissions.includes('background_tasks.admin')
  return [
    { name: 'work', pages: WORK },
    { name: 'administration', pages: [...(isAdmin ? ADMINISTRATION : []), ...OWN] },
  ]
}
