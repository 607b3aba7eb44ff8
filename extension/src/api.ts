import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { ISpend } from './spend';

/** The server extension is not there: not installed in the server's environment, or not enabled. */
export class MissingServerError extends Error {}

async function get<T>(settings: ServerConnection.ISettings, endpoint: string): Promise<T> {
  const url = URLExt.join(settings.baseUrl, 'workbench', endpoint);
  const response = await ServerConnection.makeRequest(url, { cache: 'no-store' }, settings);
  if (response.ok) {
    return (await response.json()) as T;
  }
  // jupyter-server's own 404 page is HTML; ours is JSON with a message
  const body = await response.json().catch(() => null);
  const message = typeof body?.message === 'string' ? body.message : '';
  if (response.status === 404 && !message) {
    throw new MissingServerError(url);
  }
  const hint = typeof body?.hint === 'string' ? ` ${body.hint}` : '';
  throw new ServerConnection.ResponseError(response, message ? `${message}${hint}` : response.statusText);
}

/** The version of the Python package that the server runs. */
export async function fetchVersion(settings: ServerConnection.ISettings): Promise<string> {
  return (await get<{ version: string }>(settings, 'version')).version;
}

/** What the calls of the notebook at `path` came to so far. */
export function fetchSpend(settings: ServerConnection.ISettings, path: string): Promise<ISpend> {
  return get<ISpend>(settings, `status${URLExt.objectToQueryString({ notebook: path })}`);
}
