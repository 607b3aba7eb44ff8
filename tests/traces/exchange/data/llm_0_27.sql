CREATE TABLE "conversations" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "model" TEXT
);
CREATE TABLE "attachments" (
   "id" TEXT PRIMARY KEY,
   "type" TEXT,
   "path" TEXT,
   "url" TEXT,
   "content" BLOB
);
CREATE TABLE "prompt_attachments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "attachment_id" TEXT REFERENCES "attachments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "attachment_id")
);
CREATE TABLE "responses" (
   "id" TEXT PRIMARY KEY,
   "model" TEXT,
   "prompt" TEXT,
   "system" TEXT,
   "prompt_json" TEXT,
   "options_json" TEXT,
   "response" TEXT,
   "response_json" TEXT,
   "conversation_id" TEXT REFERENCES "conversations"("id"),
   "duration_ms" INTEGER,
   "datetime_utc" TEXT,
   "input_tokens" INTEGER,
   "output_tokens" INTEGER,
   "token_details" TEXT,
   "schema_id" TEXT REFERENCES "schemas"("id")
, "resolved_model" TEXT);
CREATE TABLE "fragments" (
   "id" INTEGER PRIMARY KEY,
   "hash" TEXT,
   "content" TEXT,
   "datetime_utc" TEXT,
   "source" TEXT
);
CREATE TABLE "prompt_fragments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "fragment_id" INTEGER REFERENCES "fragments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "fragment_id", "order")
);
CREATE TABLE "system_fragments" (
   "response_id" TEXT REFERENCES "responses"("id"),
   "fragment_id" INTEGER REFERENCES "fragments"("id"),
   "order" INTEGER,
   PRIMARY KEY ("response_id", "fragment_id", "order")
);
CREATE TABLE "tools" (
   "id" INTEGER PRIMARY KEY,
   "hash" TEXT,
   "name" TEXT,
   "description" TEXT,
   "input_schema" TEXT
, "plugin" TEXT);
CREATE TABLE "tool_responses" (
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "response_id" TEXT REFERENCES "responses"("id"),
   PRIMARY KEY ("tool_id", "response_id")
);
CREATE TABLE "tool_calls" (
   "id" INTEGER PRIMARY KEY,
   "response_id" TEXT REFERENCES "responses"("id"),
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "name" TEXT,
   "arguments" TEXT,
   "tool_call_id" TEXT
);
CREATE TABLE "tool_results" (
   "id" INTEGER PRIMARY KEY,
   "response_id" TEXT REFERENCES "responses"("id"),
   "tool_id" INTEGER REFERENCES "tools"("id"),
   "name" TEXT,
   "output" TEXT,
   "tool_call_id" TEXT,
   "instance_id" INTEGER REFERENCES "tool_instances"("id")
, "exception" TEXT);
INSERT INTO "attachments" VALUES('6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0','image/png',NULL,NULL,X'89504E470D0A1A0A0000000D49484452000000010000000108060000001F15C4890000000D4944415478DA6364F8CF500F00038601805A347D6B0000000049454E44AE426082');
INSERT INTO "conversations" VALUES('01m7yb39rqed9xbf5dnmjmk27f','hi there','mock');
INSERT INTO "conversations" VALUES('01m7yb39rtk3bs5mmvn800egah','tool please','mock');
INSERT INTO "conversations" VALUES('01m7yb39s47049rvznjmng582r','long fragment look','mock');
INSERT INTO "fragments" VALUES(1,'271853ce0d0c8c6f1666a29e9d67569e54c1bcc123c5041fffe4b72326bda29a','long fragment','2026-11-21 06:01:03',NULL);
INSERT INTO "prompt_attachments" VALUES('01m7yb39s38rkey85eg719x8qp','6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0',0);
INSERT INTO "prompt_fragments" VALUES('01m7yb39s38rkey85eg719x8qp',1,0);
INSERT INTO "responses" VALUES('01m7yb39rqed9xbf5dnmjmk27g','mock','hi there','be brief',NULL,'{}','echo: hi there',NULL,'01m7yb39rqed9xbf5dnmjmk27f',0,'2026-11-21T06:01:03.511320+00:00',7,3,'{"cached_tokens": 2}',NULL,NULL);
INSERT INTO "responses" VALUES('01m7yb39rsjb75js0smt47z31r','mock','again',NULL,NULL,'{}','echo: again',NULL,'01m7yb39rqed9xbf5dnmjmk27f',0,'2026-11-21T06:01:03.513356+00:00',7,3,'{"cached_tokens": 2}',NULL,NULL);
INSERT INTO "responses" VALUES('01m7yb39rxwj12n8ezqadt81ey','mock','tool please',NULL,NULL,'{}','calling',NULL,'01m7yb39rtk3bs5mmvn800egah',0,'2026-11-21T06:01:03.517091+00:00',7,3,'{"cached_tokens": 2}',NULL,NULL);
INSERT INTO "responses" VALUES('01m7yb39rxwj12n8ezqadt81ez','mock','',NULL,NULL,'{}','echo: HELLO',NULL,'01m7yb39rtk3bs5mmvn800egah',0,'2026-11-21T06:01:03.517138+00:00',7,3,'{"cached_tokens": 2}',NULL,NULL);
INSERT INTO "responses" VALUES('01m7yb39s38rkey85eg719x8qp','mock','look',NULL,NULL,'{}','echo: long fragment
look',NULL,'01m7yb39s47049rvznjmng582r',0,'2026-11-21T06:01:03.523985+00:00',7,3,'{"cached_tokens": 2}',NULL,NULL);
INSERT INTO "tool_calls" VALUES(1,'01m7yb39rxwj12n8ezqadt81ey',1,'upper','{"text": "hello"}','call_1');
INSERT INTO "tool_responses" VALUES(1,'01m7yb39rxwj12n8ezqadt81ey');
INSERT INTO "tool_responses" VALUES(1,'01m7yb39rxwj12n8ezqadt81ez');
INSERT INTO "tool_results" VALUES(1,'01m7yb39rxwj12n8ezqadt81ez',1,'upper','HELLO','call_1',NULL,NULL);
INSERT INTO "tools" VALUES(1,'152622fdbe0a585a984453f68810f65a1d9c4725c71ca50e4cab7339a165fe66','upper','Upper-case','{"properties": {"text": {"type": "string"}}, "required": ["text"], "type": "object"}',NULL);
