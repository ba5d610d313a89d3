// The script of the worker that `texelflow.worker.js` starts; nothing else imports it.

import { serve } from "./worker/thread.ts";

serve();
