CREATE TABLE "conversations" (
   "id" TEXT PRIMARY KEY,
   "name" TEXT,
   "model" TEXT
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
   "datetime_utc" TEXT
, "input_tokens" INTEGER, "output_tokens" INTEGER, "token_details" TEXT);
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
INSERT INTO "conversations" VALUES('01m7yb391pnv8py8kn4eezr1da','hi there','mock');
INSERT INTO "responses" VALUES('01m7yb391qsd8aek4qe37s62x8','mock','hi there','be brief',NULL,'{}','echo: hi there',NULL,'01m7yb391pnv8py8kn4eezr1da',0,'2026-11-21T06:01:02.774808',7,3,'{"cached_tokens": 2}');
INSERT INTO "responses" VALUES('01m7yb391sqedtfrgrbh2be6ev','mock','again',NULL,NULL,'{}','echo: again',NULL,'01m7yb391pnv8py8kn4eezr1da',0,'2026-11-21T06:01:02.776732',7,3,'{"cached_tokens": 2}');
