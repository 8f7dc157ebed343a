/** Whether a new job may be refused because of another: one of its unique key, or one that retries the same job. */
export function mayMeetAnother({ uniqueKey, retriedFromId }: MeetingJob): boolean {
  return uniqueKey !== null || retriedFromId !== null
}

interface MeetingJob {
  uniqueKey: string | null
  retriedFromId: string | null
}
