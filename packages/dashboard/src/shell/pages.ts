import { IconListDetails } from '@tabler/icons-react'

/** The screens, in the order of the navigation. */
export const PAGES = [{ to: '/jobs', name: 'jobs', icon: IconListDetails }] as const
