import { notifications as messages } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { BackbeatApiError, type Notification } from 'backbeat/client'
import { client, messageOf, POLL_MS } from '../api/client.ts'

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
  // Where it is gone already, there is nothing left to do.
  const onError = (error: unknown) => {
    if (error instanceof BackbeatApiError && error.status === 404) return
    messages.show({ color: 'red', message: messageOf(error) })
  }
  const read = useMutation({
    mutationFn: (one: Notification) => client.notifications.markRead(one),
    onSettled,
    onError,
  })
  const readAll = useMutation({
    mutationFn: (until: string) => client.notifications.markAllRead(until),
    onSettled,
    onError,
  })
  const dismiss = useMutation({
    mutationFn: ({ id }: Notification) => client.notifications.dismiss(id),
    onSettled,
    onError,
  })
  return {
    read: (notification) => notification.unread_count > 0 && read.mutate(notification),
    readAll: ([latest]) => latest && readAll.mutate(latest.last_at),
    dismiss: (notification) => dismiss.mutate(notification),
  }
}
