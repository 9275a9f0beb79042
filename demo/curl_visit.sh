#!/bin/sh
# An outpatient visit against the simulator with nothing but curl: what goes over the wire.
# Start the simulator first; YIBAO_URL names another address than its usual one.
set -eu
url=${YIBAO_URL:-http://127.0.0.1:8042}
code=H42999900001
person='"psn_no":"42999900000000000000000001"'                 # 测试甲, invented
identity='"mdtrt_cert_type":"02","mdtrt_cert_no":"000000190001010010","psn_cert_type":"01","certno":"000000190001010010"'
now=$(TZ=UTC-8 date '+%Y-%m-%d %H:%M:%S')
stamp=$(TZ=UTC-8 date '+%Y%m%d%H%M%S')
step=0

call() {  # call NUMBER INPUT: one message in the platform's envelope, its answer in $answer
  step=$((step + 1))
  message=$(printf '{"infno":"%s","msgid":"%s%s%04d","mdtrtarea_admvs":"420199","insuplc_admdvs":"420199","recer_sys_code":"SIM","infver":"V1.0","opter_type":"1","opter":"sim01","opter_name":"模拟经办人","inf_time":"%s","fixmedins_code":"%s","fixmedins_name":"模拟医院","input":%s}' \
    "$1" "$code" "$stamp" "$step" "$now" "$code" "$2")
  answer=$(printf '%s' "$message" | curl -sS --fail -H 'Content-Type: application/json' --data-binary @- "$url")
  case $answer in
    *'"infcode":"0"'* | *'"infcode":0'*) echo "$1 ok" ;;
    *) echo "$1 refused: $answer" >&2; exit 1 ;;
  esac
}

field() {  # field NAME: its value in $answer
  printf '%s' "$answer" | sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

call 2201 "{\"data\":{$person,\"insutype\":\"310\",\"begntime\":\"$now\",$identity,\"ipt_otp_no\":\"CURL-$stamp\",\"atddr_no\":\"SIM-DR-01\",\"dr_name\":\"模拟医生\",\"dept_code\":\"SIM-D01\",\"dept_name\":\"模拟内科\",\"caty\":\"A03\"}}"
visit=$(field mdtrt_id)
call 2203 "{\"mdtrtinfo\":{\"mdtrt_id\":\"$visit\",$person,\"med_type\":\"11\",\"begntime\":\"$now\"},\"diseinfo\":[{\"diag_type\":\"1\",\"diag_srt_no\":1,\"diag_code\":\"SIM00.0\",\"diag_name\":\"模拟诊断\",\"diag_dept\":\"SIM-D01\",\"dise_dor_no\":\"SIM-DR-01\",\"dise_dor_name\":\"模拟医生\",\"diag_time\":\"$now\",\"vali_flag\":\"1\"}]}"
call 2204 "{\"feedetail\":[{\"feedetl_sn\":\"1\",\"mdtrt_id\":\"$visit\",$person,\"chrg_bchno\":\"B1\",\"rx_circ_flag\":\"0\",\"fee_ocur_time\":\"$now\",\"med_list_codg\":\"SIM-S-0001\",\"medins_list_codg\":\"H-SIM-S-0001\",\"det_item_fee_sumamt\":300.00,\"cnt\":1,\"pric\":300.00,\"bilg_dept_codg\":\"SIM-D01\",\"bilg_dept_name\":\"模拟内科\",\"bilg_dr_codg\":\"SIM-DR-01\",\"bilg_dr_name\":\"模拟医生\",\"hosp_appr_flag\":\"1\"}]}"
bill="$person,$identity,\"med_type\":\"11\",\"medfee_sumamt\":300.00,\"psn_setlway\":\"01\",\"mdtrt_id\":\"$visit\",\"chrg_bchno\":\"B1\",\"acct_used_flag\":\"1\",\"insutype\":\"310\""
call 2206 "{\"data\":{$bill}}"
parts=""
for part in fulamt_ownpay_amt overlmt_selfpay preselfpay_amt inscp_scp_amt; do
  parts="$parts,\"$part\":$(field $part)"
done
call 2207 "{\"data\":{$bill$parts}}"
echo "结算 $(field setl_id)：总额 $(field medfee_sumamt) = 基金 $(field fund_pay_sumamt) + 个账 $(field acct_pay) + 现金 $(field psn_cash_pay)"
