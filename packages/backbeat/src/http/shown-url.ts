/**
 * A store's or broker's URL without what must not be shown: user, password, and parameters, any of
 * which may hold one.
 */
export function shownUrl(url: string): string {
  const [location = ''] = url.split('?', 1)
  const authority = /^([a-z][a-z0-9+.-]*:\/\/)([^/]*@)?(.*)$/is.exec(location)
  return authority ? `${authority[1]}${authority[3]}` : location
}
