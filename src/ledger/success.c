/* Posting success: what the gate's value says is copied into the record, so that nothing else can
 * be recorded as archived. Waits and fails as acc_ledger_post() does. */
#include "gate/gate.h"
#include "ledger/known.h"
#include "ledger/record.h"

void acc_ledger_post_archived(struct acc_ledger *ledger, struct acc_record *record,
                              const struct acc_verified *verified)
{
    record->kind = (enum acc_record_kind)ACC_SUCCESS_ARCHIVED;
    record->archived.digests = *acc_verified_digests(verified);
    record->archived.size = acc_verified_size(verified);
    acc_ledger_post(ledger, record);
}

void acc_ledger_post_already(struct acc_ledger *ledger, struct acc_record *record,
                             const struct acc_proven *proven)
{
    record->kind = (enum acc_record_kind)ACC_SUCCESS_ALREADY;
    record->archived.digests = *acc_proven_digests(proven);
    record->archived.size = acc_proven_size(proven);
    record->archived.proof = acc_proven_by(proven);
    acc_ledger_post(ledger, record);
}

void acc_ledger_post_restored(struct acc_ledger *ledger, struct acc_record *record,
                              const struct acc_restored *restored)
{
    record->kind = (enum acc_record_kind)ACC_SUCCESS_ARCHIVED;
    record->archived.digests = *acc_restored_digests(restored);
    record->archived.size = acc_restored_size(restored);
    record->archived.proof = ACC_GROUNDS_READ;
    acc_ledger_post(ledger, record);
}

void acc_ledger_post_unchanged(struct acc_ledger *ledger, struct acc_record *record,
                               const struct acc_unchanged *unchanged)
{
    record->kind = (enum acc_record_kind)ACC_SUCCESS_UNCHANGED;
    record->checked.level = acc_level_name(acc_unchanged_level(unchanged));
    record->checked.proof = acc_proof_name(acc_unchanged_by(unchanged));
    record->checked.gone = false;
    record->code = ACC_OK;
    acc_ledger_post(ledger, record);
}
