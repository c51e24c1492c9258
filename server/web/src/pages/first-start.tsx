// Before the first report: three steps, and a line that waits for it. The overview takes over by itself.
import { CodeBlock } from '../components/code-block';

const CLIENT = `#include "salvor.h"

int main(int argc, char **argv)
{
    int monitor = salvor_monitor_main(argc, argv);
    if (monitor != -1) return monitor;
    salvor_options options;
    salvor_options_init(&options);
    options.version = "1.0.0";
    salvor_install(&options);
    /* your program */
}`;

export function FirstStart({ project }: { project: string }) {
  const server = window.location.origin;
  return (
    <div class="page first-start">
      <h1>Waiting for your first crash</h1>
      <p class="lead">
        Nothing has reached <strong><bdi>{project}</bdi></strong> yet. Three steps bring the first report; this page shows it as soon as it is here.
      </p>
      <p class="waiting" role="status"><span class="waiting-mark" aria-hidden={true} /><span>Listening at <span class="mono">{server}/submit</span></span></p>
      <ol class="steps">
        <li>
          <h2>Collect what dies on a machine</h2>
          <p>Run the collector there. It takes over crashes from programs with the client, and the dumps that Windows writes for all others.</p>
          <CodeBlock label="Collector command" text={`salvor-collector run --url ${server}/submit --key KEY`} />
          <p class="muted">The project's key: <code>salvor-server project key {project}</code> on the server prints it.</p>
        </li>
        <li>
          <h2>Link the client into your program</h2>
          <p>Link <code>-lsalvor</code>, and call these at the start of <code>main</code>.</p>
          <CodeBlock label="Client code" text={CLIENT} />
        </li>
        <li>
          <h2>Send a test crash</h2>
          <p>Let the program fault once, or hand in any minidump that you have.</p>
          <CodeBlock label="Upload command" text={`salvor-upload --url ${server} --key KEY crash.dmp`} />
        </li>
      </ol>
    </div>
  );
}
