/** The request that starts a job with the same input, for a shell. */
export function curlOf({ task_type, input }: { task_type: string; input: unknown }, api: string): string {
  const url = `${api}/api/v1/${task_type.replace('.', '/').replaceAll('_', '-')}`
  return [
    `curl -X POST ${quote(url)}`,
    `  -H "authorization: Bearer $BACKBEAT_ADMIN_TOKEN"`,
    `  -H 'content-type: application/json'`,
    `  -d ${quote(JSON.stringify(input))}`,
  ].join(' \\\n')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
