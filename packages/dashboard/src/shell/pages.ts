import {
  IconAlertTriangle,
  IconBell,
  IconChartBar,
  IconChecklist,
  IconListDetails,
  IconServer2,
  IconStack2,
} from '@tabler/icons-react'

/** The screens, in the order of the navigation. */
export const PAGES = [
  { to: '/', name: 'overview', icon: IconChartBar },
  { to: '/jobs', name: 'jobs', icon: IconListDetails },
  { to: '/errors', name: 'errors', icon: IconAlertTriangle },
  { to: '/tasks', name: 'tasks', icon: IconChecklist },
  { to: '/queues', name: 'queues', icon: IconStack2 },
  { to: '/workers', name: 'workers', icon: IconServer2 },
  { to: '/notifications', name: 'notifications', icon: IconBell },
] as const
