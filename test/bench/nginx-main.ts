/** The part of nginx's configuration that is the same for nginx as origin and as proxy: one process, files of its own. */

/** Up to and into the `http` block, which the caller closes. `root`: it would otherwise run its worker as another user. */
export function nginxMain(directory: string, root: boolean): string {
  return `${root ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr crit;
worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${directory}/client;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;`;
}
