import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Notification } from 'backbeat/client'
import { client, POLL_MS } from '../api/client.ts'

const KEY = 'notifications'
/** So many the bell shows. */
const LATEST = 6

/** The latest notifications and how many are unread, for whoever stands before any screen. */
export function useLatestNotifications() {
  return useQuery({
    queryKey: [KEY, 'latest'],
    queryFn: ({ signal }) => client.notifications.page({ limit: LATEST }, { signal }),
    refetchInterval: POLL_MS,
  })
}

export interface NotificationActions {
  /** As far as it is shown: what came in since stays unread. */
  read(notification: Notification): void
  /** All that had happened when the latest of these did. */
  readAll(shown: readonly Notification[]): void
  dismiss(notification: Notification): void
}

export function useNotificationActions(): NotificationActions {
  const queries = useQueryClient()
  const onSettled = () => queries.invalidateQueries({ queryKey: [KEY] })
  const read = useMutation({ mutationFn: (one: Notification) => client.notifications.markRead(one), onSettled })
  const readAll = useMutation({ mutationFn: (until: string) => client.notifications.markAllRead(until), onSettled })
  const dismiss = useMutation({ mutationFn: ({ id }: Notification) => client.notifications.dismiss(id), onSettled })
  return {
    read: (notification) => notification.unread_count > 0 && read.mutate(notification),
    readAll: ([latest]) => latest && readAll.mutate(latest.last_at),
    dismiss: (notification) => dismiss.mutate(notification),
  }
}
