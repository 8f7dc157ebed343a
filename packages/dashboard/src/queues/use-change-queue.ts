import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import type { Queue } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { client, messageOf } from '../api/client.ts'

/** Changes queues, and says what that did. */
export function useChangeQueue() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const act = async (change: Promise<Queue>, told: (queue: Queue) => string) => {
    try {
      notifications.show({ message: told(await change) })
    } catch (error) {
      notifications.show({ color: 'red', message: messageOf(error) })
    }
    await queries.invalidateQueries({ queryKey: ['queues'] })
  }
  const stateOf = ({ name, state }: Queue) => t(`queues.${state}_done`, { queue: name })
  return {
    pause: (name: string) => act(client.pauseQueue(name), stateOf),
    drain: (name: string) => act(client.drainQueue(name), stateOf),
    resume: (name: string) => act(client.resumeQueue(name), stateOf),
    limit: (name: string, concurrency: number | null) =>
      act(client.changeQueue(name, { concurrency }), () =>
        concurrency === null
          ? t('queues.unlimited_done', { queue: name })
          : t('queues.limited_done', { queue: name, count: concurrency }),
      ),
  }
}
